#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace qtool {

/// A sliding window over up to three spatial axes, as convolution and pooling use it. The axes are
/// the last `rank` entries of each array; those before them are of size 1 with stride and
/// dilation 1 and no padding.
struct Window {
  using Sizes = std::array<int64_t, 3>;
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

/// Product of the three sizes.
inline int64_t volume(const Window::Sizes& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

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
