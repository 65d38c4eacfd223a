#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// Memory for intermediate tensors. A buffer is taken again once no tensor holds it any more, so
/// that a second run with the same shapes allocates nothing. Not for use by two threads at once.
class BufferPool {
 public:
  /// A tensor with undefined elements.
  Tensor allocate(DType dtype, const Shape& shape);

  /// Bytes held, in use or not.
  std::size_t bytes() const { return bytes_; }

 private:
  // Buffers by size in bytes, a power of two; free are those that only the pool holds.
  std::map<std::size_t, std::vector<std::shared_ptr<void>>> buffers_;
  std::size_t bytes_ = 0;
};

}  // namespace qtool
