#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "onnx_io/proto.h"

namespace qtool {

/// The files that hold a model's tensors, each mapped once.
class ExternalData {
 public:
  /// `folder` is where the model lies; empty: not known.
  explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// `model` is the file itself, of which tensors are part as raw_data.h describes.
  ExternalData(std::filesystem::path folder, MappedFile model)
      : folder_(std::move(folder)), model_(std::move(model)) {}

  /// Part of a mapped file; see MappedFile::part.
  struct Bytes {
    std::shared_ptr<const std::byte> data;
    std::size_t size;
  };
  /// The bytes of the tensor; `size` of them if it does not say how many. Throws Error if the location
  /// leaves the folder or is no regular file, or if offset and length do not lie in the file.
  Bytes find(const onnx::TensorProto& proto, std::size_t size);

 private:
  const MappedFile& open(const std::string& location);

  std::filesystem::path folder_;
  std::optional<MappedFile> model_;
  std::map<std::string, MappedFile> files_;
};

}  // namespace qtool
