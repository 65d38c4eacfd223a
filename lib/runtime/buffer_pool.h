#pragma once

#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// Memory for intermediate tensors. A buffer is taken again once no tensor holds it any more, so
/// that a second run with the same shapes allocates nothing. Not for use by two threads at once.
class BufferPool {
 public:
  /// Holds no more than `limit` bytes.
  explicit BufferPool(std::size_t limit = std::numeric_limits<std::size_t>::max())
      : limit_(limit) {}

  /// A tensor with undefined elements. Throws Error if memory or the limit does not suffice.
  Tensor allocate(DType dtype, const Shape& shape);

  /// Bytes held, in use or not.
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<void> find_free(std::size_t size) const;
  void make_room(std::size_t bytes);

  // Buffers by size in bytes, a power of two; free are those that only the pool holds.
  std::map<std::size_t, std::vector<std::shared_ptr<void>>> buffers_;
  std::size_t bytes_ = 0;
  std::size_t limit_;
};

}  // namespace qtool
