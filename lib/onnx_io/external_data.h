#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"
#include "onnx_io/proto.h"

namespace qtool {

/// The files beside a model that hold tensors, each mapped once.
class ExternalData {
 public:
  /// `folder` is where the model lies; empty: not known.
  explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The first of the `size` bytes of the tensor, as a pointer into the mapped file that keeps the
  /// mapping alive. Throws Error if the location leaves the folder or is no regular file, or if
  /// offset and length do not lie in the file or do not match `size`.
  std::shared_ptr<const std::byte> find(const onnx::TensorProto& proto, std::size_t size);

 private:
  const MappedFile& open(const std::string& location);

  std::filesystem::path folder_;
  std::map<std::string, MappedFile> files_;
};

}  // namespace qtool
