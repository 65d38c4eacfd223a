#include "runtime/buffer_pool.h"

#include <algorithm>
#include <bit>

#include "base/memory.h"

namespace qtool {
namespace {

constexpr std::size_t kAlignment = 64;

}  // namespace

// Gives free buffers back if with `bytes` more the limit would be passed.
void BufferPool::make_room(std::size_t bytes) {
  if (bytes <= limit_ - std::min(bytes_, limit_)) return;
  for (auto& [size, buffers] : buffers_)
    bytes_ -= size * std::erase_if(buffers, [](const auto& b) { return b.use_count() == 1; });
  if (bytes > limit_ - std::min(bytes_, limit_))
    fail("a tensor of {} bytes is more than what is left of the {} bytes allowed", bytes, limit_);
}

Tensor BufferPool::allocate(DType dtype, const Shape& shape) {
  if (bits(dtype) == 0) return Tensor(dtype, shape);
  constexpr int64_t kMaxElements = int64_t{1} << 48;
  const int64_t count = element_count(shape);
  if (count > kMaxElements) fail("{} elements are more than any memory holds", count);
  const auto needed =
      (static_cast<std::size_t>(count) * static_cast<std::size_t>(bits(dtype)) + 7) / 8;
  const std::size_t size = std::bit_ceil(std::max(needed, kAlignment));
  std::shared_ptr<void> buffer = find_free(size);
  if (!buffer) {
    make_room(size);
    buffer = buffers_[size].emplace_back(allocate_aligned(size));
    bytes_ += size;
  }
  return Tensor::view(dtype, shape, buffer, buffer.get());
}

// The smallest free buffer that is large enough and not much too large.
std::shared_ptr<void> BufferPool::find_free(std::size_t size) const {
  constexpr std::size_t kMuch = 8;
  const auto end = buffers_.upper_bound(size * kMuch);
  for (auto entry = buffers_.lower_bound(size); entry != end; ++entry)
    for (const auto& buffer : entry->second)
      if (buffer.use_count() == 1) return buffer;
  return nullptr;
}

}  // namespace qtool
