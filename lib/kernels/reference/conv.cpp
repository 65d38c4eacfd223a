#include "kernels/reference/conv.h"

#include <algorithm>
#include <vector>

#include "kernels/reference/window.h"

namespace qtool::reference {
namespace {

// One plane of sums, set to the bias of its channel.
template <class T>
void start(std::vector<double>& sums, const T* bias, int64_t channel) {
  std::fill(sums.begin(), sums.end(), bias == nullptr ? 0.0 : static_cast<double>(bias[channel]));
}

}  // namespace

template <class T>
void conv(const ConvShape& s, const T* x, const T* w, const T* bias, T* y) {
  const WindowLoop loop(s.window);
  const int64_t in_size = volume(s.window.input);
  const int64_t taps = volume(s.window.kernel);
  const int64_t in_group = s.in_channels / s.groups;
  const int64_t out_group = s.out_channels / s.groups;
  const int64_t stride = loop.stride();
  std::vector<double> sums(static_cast<std::size_t>(volume(s.window.output)));
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t m = 0; m < s.out_channels; ++m) {
      start(sums, bias, m);
      for (int64_t c = 0; c < in_group; ++c) {
        const T* const plane = x + (n * s.in_channels + m / out_group * in_group + c) * in_size;
        const T* const weights = w + (m * in_group + c) * taps;
        loop.each_row([&](int64_t tap, int64_t in, int64_t out, int64_t count) {
          const double weight = weights[tap];
          for (int64_t i = 0; i < count; ++i)
            sums[static_cast<std::size_t>(out + i)] += weight * plane[in + i * stride];
        });
      }
      for (const double sum : sums) *y++ = static_cast<T>(sum);
    }
}

template <class T>
void conv_transpose(const ConvShape& s, const T* x, const T* w, const T* bias, T* y) {
  const WindowLoop loop(s.window);
  const int64_t x_size = volume(s.window.output);
  const int64_t taps = volume(s.window.kernel);
  const int64_t y_group = s.in_channels / s.groups;
  const int64_t x_group = s.out_channels / s.groups;
  const int64_t stride = loop.stride();
  std::vector<double> sums(static_cast<std::size_t>(volume(s.window.input)));
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t c = 0; c < s.in_channels; ++c) {
      start(sums, bias, c);
      for (int64_t i = 0; i < x_group; ++i) {
        const int64_t m = c / y_group * x_group + i;
        const T* const plane = x + (n * s.out_channels + m) * x_size;
        const T* const weights = w + (m * y_group + c % y_group) * taps;
        loop.each_row([&](int64_t tap, int64_t in, int64_t out, int64_t count) {
          const double weight = weights[tap];
          for (int64_t j = 0; j < count; ++j)
            sums[static_cast<std::size_t>(in + j * stride)] += weight * plane[out + j];
        });
      }
      for (const double sum : sums) *y++ = static_cast<T>(sum);
    }
}

template void conv(const ConvShape&, const float*, const float*, const float*, float*);
template void conv(const ConvShape&, const double*, const double*, const double*, double*);
template void conv_transpose(const ConvShape&, const float*, const float*, const float*, float*);
template void conv_transpose(const ConvShape&, const double*, const double*, const double*,
                             double*);

}  // namespace qtool::reference
