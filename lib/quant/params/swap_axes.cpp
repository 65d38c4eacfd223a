#include "quant/params/swap_axes.h"

#include <utility>

namespace qtool {

Tensor swap_last_axes(const Tensor& tensor) {
  if (bits(tensor.dtype()) != 8 || tensor.rank() < 2)
    fail("a tensor {} of type {} cannot be transposed", to_string(tensor.shape()),
         name(tensor.dtype()));
  const int64_t m = tensor.dim(tensor.rank() - 2), n = tensor.dim(tensor.rank() - 1);
  Shape shape = tensor.shape();
  std::swap(shape[shape.size() - 2], shape[shape.size() - 1]);
  return Tensor::deferred(tensor.dtype(), shape, [=](int64_t first, int64_t count, void* out) {
    const Tensor whole = tensor.loaded();
    const auto* in = static_cast<const std::byte*>(whole.raw());
    auto* next = static_cast<std::byte*>(out);
    int64_t matrix = first / (m * n), column = first / m % n, row = first % m;
    for (int64_t i = 0; i < count; ++i) {
      *next++ = in[(matrix * m + row) * n + column];
      if (++row < m) continue;
      row = 0;
      if (++column == n) column = 0, ++matrix;
    }
  });
}

}  // namespace qtool
