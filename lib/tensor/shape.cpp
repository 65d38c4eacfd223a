#include "tensor/shape.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace qtool {

int64_t element_count(const Shape& shape) {
  constexpr int64_t kMax = int64_t{1} << 56;
  int64_t count = 1;
  bool empty = false;
  for (const int64_t dim : shape) {
    if (dim < 0) fail("shape {} has a negative dimension", to_string(shape));
    empty |= dim == 0;
    // A 0 hides nothing: products of some of the dimensions, such as strides, must fit as well.
    if (dim > 0 && (__builtin_mul_overflow(count, dim, &count) || count > kMax))
      fail("shape {} has too many elements", to_string(shape));
  }
  return empty ? 0 : count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

int normalize_axis(int64_t axis, std::size_t rank) {
  const auto r = static_cast<int64_t>(rank);
  if (axis < -r || axis >= r) fail("axis {} is outside a tensor of rank {}", axis, rank);
  return static_cast<int>(axis < 0 ? axis + r : axis);
}

}  // namespace qtool
