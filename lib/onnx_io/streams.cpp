#include "onnx_io/streams.h"

#include <algorithm>

#include "base/error.h"

namespace qtool {

bool MappedInput::Next(const void** data, int* size) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const std::span<const std::byte> bytes = file_.bytes();
  if (position_ == bytes.size()) return false;
  file_.forget(forgotten_, position_);
  forgotten_ = position_;
  *data = bytes.data() + position_;
  *size = static_cast<int>(std::min(kBlock, bytes.size() - position_));
  position_ += static_cast<std::size_t>(*size);
  return true;
}

bool MappedInput::Skip(int count) {
  const std::size_t left = file_.bytes().size() - position_;
  const auto wanted = static_cast<std::size_t>(count);
  position_ += std::min(wanted, left);
  return wanted <= left;
}

bool FileOutput::Write(const void* data, int size) {
  try {
    if (error_ == nullptr)
      file_.write({static_cast<const char*>(data), static_cast<std::size_t>(size)});
  } catch (const Error&) {
    error_ = std::current_exception();
  }
  return error_ == nullptr;
}

void FileOutput::check() const {
  if (error_ != nullptr) std::rethrow_exception(error_);
}

}  // namespace qtool
