#include "kernels/reference/qconv.h"

#include <algorithm>

namespace qtool::reference {
namespace {

// First and last + 1 of the output positions along `axis` whose tap `k` falls into the input.
struct Span {
  int64_t first;
  int64_t last;
};

Span valid_outputs(const Window& window, std::size_t axis, int64_t k) {
  const int64_t offset = k * window.dilation[axis] - window.pad_begin[axis];
  const int64_t stride = window.stride[axis];
  const int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t room = window.input[axis] - offset;
  const int64_t last = room <= 0 ? 0 : (room + stride - 1) / stride;
  return {first, std::min(last, window.output[axis])};
}

// Adds to one output plane what tap k of one input plane gives it.
void add_tap(const Window& window, const Window::Sizes& k, const int16_t* x, int32_t w,
             int32_t* acc) {
  const auto input = [&](std::size_t axis, int64_t o) {
    return o * window.stride[axis] + k[axis] * window.dilation[axis] - window.pad_begin[axis];
  };
  const Span d = valid_outputs(window, 0, k[0]);
  const Span h = valid_outputs(window, 1, k[1]);
  const Span v = valid_outputs(window, 2, k[2]);
  for (int64_t i = d.first; i < d.last; ++i)
    for (int64_t j = h.first; j < h.last; ++j) {
      const int16_t* row = x + (input(0, i) * window.input[1] + input(1, j)) * window.input[2];
      int32_t* out = acc + (i * window.output[1] + j) * window.output[2];
      for (int64_t l = v.first; l < v.last; ++l) out[l] += w * row[input(2, l)];
    }
}

// One output plane's share of one input plane; w holds the taps.
void add_plane(const Window& window, const int16_t* x, const int16_t* w, int32_t* acc) {
  for (int64_t i = 0; i < window.kernel[0]; ++i)
    for (int64_t j = 0; j < window.kernel[1]; ++j)
      for (int64_t l = 0; l < window.kernel[2]; ++l) add_tap(window, {i, j, l}, x, *w++, acc);
}

}  // namespace

void integer_conv(const ConvShape& shape, const int16_t* x, const int16_t* w, const int32_t* bias,
                  int32_t* acc) {
  const Window& window = shape.window;
  const int64_t group_inputs = shape.in_channels / shape.groups;
  const int64_t group_outputs = shape.out_channels / shape.groups;
  for (int64_t n = 0; n < shape.batch; ++n)
    for (int64_t m = 0; m < shape.out_channels; ++m, acc += volume(window.output)) {
      std::fill_n(acc, volume(window.output), bias == nullptr ? 0 : bias[m]);
      for (int64_t c = 0; c < group_inputs; ++c) {
        const int64_t channel = n * shape.in_channels + m / group_outputs * group_inputs + c;
        add_plane(window, x + channel * volume(window.input),
                  w + (m * group_inputs + c) * volume(window.kernel), acc);
      }
    }
}

}  // namespace qtool::reference
