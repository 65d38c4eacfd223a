#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace qtool {

/// How images lie in memory: [N, C, spatial...] or [N, spatial..., C].
enum class Layout : uint8_t { kChannelsFirst, kChannelsLast };

/// A sliding window over spatial axes, as convolution and pooling use it. Every list has an entry
/// for each axis, three or more. The axes are the last `rank` entries; those before them are of
/// size 1 with stride and dilation 1 and no padding.
struct Window {
  using Sizes = std::vector<int64_t>;
  int rank = 2;
  Sizes input = {1, 1, 1};
  Sizes kernel = {1, 1, 1};
  Sizes output = {1, 1, 1};
  Sizes stride = {1, 1, 1};
  Sizes dilation = {1, 1, 1};  // 1: neighbours
  Sizes pad_begin = {0, 0, 0};
  Sizes pad_end = {0, 0, 0};
  auto operator<=>(const Window&) const = default;
};

/// Product of the sizes.
inline int64_t volume(const Window::Sizes& sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) product *= size;
  return product;
}

/// A convolution of x [batch, in_channels, input...] with
/// w [out_channels, in_channels / groups, kernel...] to y [batch, out_channels, output...].
struct ConvShape {
  Window window;
  int64_t batch = 1;
  int64_t groups = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  auto operator<=>(const ConvShape&) const = default;
};

}  // namespace qtool
