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
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const int64_t matrix = i / (m * n) * (m * n), row = i % (m * n) / n, column = i % n;
    out[matrix + column * m + row] = in[i];
  }
  return result;
}

}  // namespace qtool
