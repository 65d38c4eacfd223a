#pragma once

#include <filesystem>
#include <functional>
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

  /// `size` bytes of a file that is mapped. `open` gives bytes [begin, end) of them as
  /// MappedFile::part does, and may be called whenever some are read.
  struct Bytes {
    std::function<std::shared_ptr<const std::byte>(std::size_t begin, std::size_t end)> open;
    std::size_t size;
  };
  /// The bytes of the tensor; `size` of them if it does not say how many. Throws Error if the location
  /// leaves the folder, also by links of either kind, or is no regular file, or if offset and length do
  /// not lie in the file.
  Bytes find(const onnx::TensorProto& proto, std::size_t size);
  /// How large the files are that were read so far, but for the model's own.
  std::uintmax_t total_bytes() const;

 private:
  const MappedFile& open(const std::string& location);

  std::filesystem::path folder_;
  std::optional<MappedFile> model_;
  std::map<std::string, MappedFile> files_;
};

}  // namespace qtool
