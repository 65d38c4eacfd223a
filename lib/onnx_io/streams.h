#pragma once

#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <exception>

#include "base/file.h"

namespace qtool {

/// A mapped file for protobuf to read once from its beginning to its end: the pages behind it are given
/// back, so that a large file is not in memory twice.
class MappedInput : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit MappedInput(const MappedFile& file) : file_(file) {}

  bool Next(const void** data, int* size) override;
  void BackUp(int count) override { position_ -= static_cast<std::size_t>(count); }
  bool Skip(int count) override;
  int64_t ByteCount() const override { return static_cast<int64_t>(position_); }

 private:
  const MappedFile& file_;
  std::size_t position_ = 0;
  std::size_t forgotten_ = 0;
};

/// A file for protobuf to write, which cannot pass errors on.
class FileOutput : public google::protobuf::io::CopyingOutputStream {
 public:
  explicit FileOutput(AtomicFile& file) : file_(file) {}
  bool Write(const void* data, int size) override;
  /// Throws the Error of the first Write that failed.
  void check() const;

 private:
  AtomicFile& file_;
  std::exception_ptr error_;
};

}  // namespace qtool
