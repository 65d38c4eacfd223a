#include "kernels/reference/pool.h"

namespace qtool::reference {
namespace {

// Elements of the window of output `o` along one axis.
int64_t extent(const Window& w, std::size_t axis, int64_t o, bool padding) {
  const int64_t low = padding ? -w.pad_begin[axis] : 0;
  const int64_t high = w.input[axis] + (padding ? w.pad_end[axis] : 0);
  int64_t count = 0;
  for (int64_t k = 0; k < w.kernel[axis]; ++k) {
    const int64_t i = o * w.stride[axis] - w.pad_begin[axis] + k * w.dilation[axis];
    count += i >= low && i < high;
  }
  return count;
}

}  // namespace

std::vector<int64_t> window_sizes(const Window& w, bool padding) {
  std::vector<int64_t> sizes;
  for (int64_t d = 0; d < w.output[0]; ++d)
    for (int64_t h = 0; h < w.output[1]; ++h)
      for (int64_t x = 0; x < w.output[2]; ++x)
        sizes.push_back(extent(w, 0, d, padding) * extent(w, 1, h, padding) *
                        extent(w, 2, x, padding));
  return sizes;
}

}  // namespace qtool::reference
