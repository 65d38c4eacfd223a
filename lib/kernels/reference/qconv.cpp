#include "kernels/reference/qconv.h"

#include <algorithm>

#include "kernels/reference/window.h"

namespace qtool::reference {
namespace {

// Adds to one output plane what one input plane gives it; w holds the window's factors.
void add_plane(const WindowLoop& loop, const int32_t* x, const int32_t* w, int32_t* acc) {
  const int64_t stride = loop.stride();
  loop.each_row([&](int64_t tap, int64_t in, int64_t out, int64_t count) {
    const auto factor = static_cast<uint32_t>(w[tap]);  // unsigned, so that sums wrap around
    for (int64_t i = 0; i < count; ++i)
      acc[out + i] = static_cast<int32_t>(static_cast<uint32_t>(acc[out + i]) +
                                          factor * static_cast<uint32_t>(x[in + i * stride]));
  });
}

}  // namespace

void integer_conv(const ConvShape& shape, const int32_t* x, const int32_t* w, const int32_t* bias,
                  int32_t* acc) {
  const Window& window = shape.window;
  const WindowLoop loop(window);
  const int64_t group_inputs = shape.in_channels / shape.groups;
  const int64_t group_outputs = shape.out_channels / shape.groups;
  for (int64_t n = 0; n < shape.batch; ++n)
    for (int64_t m = 0; m < shape.out_channels; ++m, acc += volume(window.output)) {
      std::fill_n(acc, volume(window.output), bias == nullptr ? 0 : bias[m]);
      for (int64_t c = 0; c < group_inputs; ++c) {
        const int64_t channel = n * shape.in_channels + m / group_outputs * group_inputs + c;
        add_plane(loop, x + channel * volume(window.input),
                  w + (m * group_inputs + c) * volume(window.kernel), acc);
      }
    }
}

}  // namespace qtool::reference
