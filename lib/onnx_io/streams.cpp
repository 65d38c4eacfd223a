#include "onnx_io/streams.h"

#include <algorithm>
#include <functional>

namespace qtool {

void PartsInput::forget_before(const char* data) {
  const std::string_view file = file_.text();
  if (std::less<>()(data, file.data()) || std::less<>()(file.data() + file.size(), data)) return;
  const auto offset = static_cast<std::size_t>(data - file.data());
  file_.forget(forgotten_, offset);
  forgotten_ = offset;
}

bool PartsInput::Next(const void** data, int* size) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  for (; part_ < parts_.size() && position_ == parts_[part_].size(); ++part_) position_ = 0;
  if (part_ == parts_.size()) return false;
  const std::string_view block = parts_[part_].bytes.substr(position_, kBlock);
  forget_before(block.data());
  *data = block.data();
  *size = static_cast<int>(block.size());
  position_ += block.size();
  count_ += *size;
  return true;
}

void PartsInput::BackUp(int count) {
  position_ -= static_cast<std::size_t>(count);
  count_ -= count;
}

bool PartsInput::Skip(int count) {
  const void* data = nullptr;
  int size = 0;
  while (count > 0 && Next(&data, &size)) {
    if (size > count) BackUp(size - count);
    count -= std::min(size, count);
  }
  return count == 0;
}

}  // namespace qtool
