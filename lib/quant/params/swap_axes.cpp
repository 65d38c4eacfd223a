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
  Tensor result(tensor.dtype(), shape);
  const auto* in = static_cast<const std::byte*>(tensor.raw());
  auto* out = static_cast<std::byte*>(result.mutable_raw());
  for (int64_t first = 0; first < tensor.size(); first += m * n)
    for (int64_t column = 0; column < n; ++column)
      for (int64_t row = 0; row < m; ++row) *out++ = in[first + row * n + column];
  return result;
}

}  // namespace qtool
