#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include "base/file.h"
#include "onnx_io/raw_data.h"

namespace qtool {

/// Parts of a message for protobuf to read once from the first to the last. The pages of the mapped
/// file behind the place of reading are given back, so that a large file is not in memory twice.
class PartsInput : public google::protobuf::io::ZeroCopyInputStream {
 public:
  /// Those of `parts` that lie in the file stand in its order.
  PartsInput(const MappedFile& file, const Parts& parts) : file_(file), parts_(parts) {}

  bool Next(const void** data, int* size) override;
  void BackUp(int count) override;
  bool Skip(int count) override;
  int64_t ByteCount() const override { return count_; }

 private:
  void forget_before(const char* data);

  const MappedFile& file_;
  const Parts& parts_;
  std::size_t part_ = 0;
  std::size_t position_ = 0;  // in the part
  std::size_t forgotten_ = 0;
  int64_t count_ = 0;
};

}  // namespace qtool
