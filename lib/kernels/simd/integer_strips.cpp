#include "kernels/simd/integer_strips.h"

#include <algorithm>

namespace qtool::simd {

using Sizes = Window::Sizes;

Runs find_runs(const ConvShape& shape) {
  const Window& window = shape.window;
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t taps = window.dilation[2] == 1 ? window.kernel[2] : 1;
  return {volume(window.kernel) / taps, taps * channels};
}

Strips::Strips(const ConvShape& shape, int64_t block, bool is_winograd)
    : pick(3), step(3), sizes(3), tiles{shape.window.output[1], shape.window.output[2]} {
  constexpr int64_t kStripBytes = int64_t{512} << 10;  // in the second cache
  const Window& window = shape.window;
  const auto whole_tiles = [&](int64_t n) { return is_winograd ? divide_up(n, 2) * 2 : n; };
  for (axis = 0; axis < 2 && window.output[axis] == 1;) ++axis;
  int64_t row_values = shape.in_channels / shape.groups;
  for (std::size_t a = 0; a < 3; ++a) {
    pick[a] = window.kernel[a] == 1 ? window.stride[a] : 1;
    step[a] = window.stride[a] / pick[a];
    const int64_t count = a == 0 ? window.output[a] : whole_tiles(window.output[a]);
    sizes[a] = (count - 1) * step[a] + (window.kernel[a] - 1) * window.dilation[a] + 1;
    row_values *= a == axis ? step[a] : sizes[a];
  }
  rows = window.output[axis];
  row_pixels = volume(window.output) / rows;
  // What Winograd's way takes four times as much room for comes on top.
  const int64_t row_bytes = (row_values * 2 + row_pixels * block * 4) * (is_winograd ? 5 : 1);
  const int64_t fit = std::max<int64_t>(1, kStripBytes / row_bytes);
  at_once = whole_tiles(divide_up(rows, divide_up(rows, fit)));
  sizes[axis] -= (whole_tiles(rows) - at_once) * step[axis];
  tiles = tiles_of(at_once);
}

WinogradTiles Strips::tiles_of(int64_t count) const {
  WinogradTiles result = tiles;
  (axis == 1 ? result.height : result.width) = count;
  return result;
}

Widen::Widen(const ConvShape& shape, const Strips& strips, bool is_signed, int32_t zero_point,
             int16_t* to)
    : shape_(shape),
      strips_(strips),
      kernel_(widen_kernel(is_signed)),
      zero_point_(zero_point),
      channels_(shape.in_channels / shape.groups),
      to_(to) {}

void Widen::strip(const uint8_t* x, int64_t row, int64_t rows) const {
  const Window& w = shape_.window;
  Sizes first(3);
  for (std::size_t a = 0; a < 3; ++a)
    first[a] = (a == strips_.axis ? row * w.stride[a] : 0) - w.pad_begin[a];
  Sizes sizes = strips_.sizes;
  sizes[strips_.axis] -= (strips_.at_once - rows) * strips_.step[strips_.axis];
  int16_t* to = to_;
  for (int64_t d = 0; d < sizes[0]; ++d)
    for (int64_t h = 0; h < sizes[1]; ++h, to += sizes[2] * channels_) {
      const int64_t in_d = first[0] + d * strips_.pick[0];
      const int64_t in_h = first[1] + h * strips_.pick[1];
      const bool inside = in_d >= 0 && in_d < w.input[0] && in_h >= 0 && in_h < w.input[1];
      if (inside)
        line(x + (in_d * w.input[1] + in_h) * w.input[2] * shape_.in_channels, first[2], sizes[2],
             to);
      else
        std::fill_n(to, sizes[2] * channels_, int16_t{0});
    }
  *to = 0;
}

// `count` pixels of a line of x, from `first` on, which may lie outside.
void Widen::line(const uint8_t* x, int64_t first, int64_t count, int16_t* to) const {
  const int64_t pick = strips_.pick[2];
  const int64_t begin =
      std::clamp<int64_t>(divide_up(std::max<int64_t>(-first, 0), pick), 0, count);
  const int64_t room = shape_.window.input[2] - first;
  const int64_t end = std::clamp<int64_t>(room <= 0 ? 0 : divide_up(room, pick), begin, count);
  std::fill_n(to, begin * channels_, int16_t{0});
  std::fill_n(to + end * channels_, (count - end) * channels_, int16_t{0});
  const uint8_t* from = x + (first + begin * pick) * shape_.in_channels;
  to += begin * channels_;
  if (pick == 1 && shape_.groups == 1)
    return kernel_(from, zero_point_, (end - begin) * channels_, to);
  for (int64_t i = begin; i < end; ++i, from += pick * shape_.in_channels, to += channels_)
    kernel_(from, zero_point_, channels_, to);
}

void find_starts(const ConvShape& shape, const Strips& strips, int64_t* starts) {
  const int64_t channels = shape.in_channels / shape.groups;
  Sizes output = shape.window.output;
  output[strips.axis] = strips.at_once;
  for (int64_t d = 0; d < output[0]; ++d)
    for (int64_t h = 0; h < output[1]; ++h)
      for (int64_t w = 0; w < output[2]; ++w)
        *starts++ = ((d * strips.step[0] * strips.sizes[1] + h * strips.step[1]) * strips.sizes[2] +
                     w * strips.step[2]) *
                    channels;
}

std::vector<std::vector<Piece>> cut_runs(const ConvShape& shape, const Strips& strips) {
  constexpr int64_t kPairs = 256;
  const Window& w = shape.window;
  const Runs runs = find_runs(shape);
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t taps = w.dilation[2] == 1 ? 1 : w.kernel[2];
  std::vector<std::vector<Piece>> cuts(1);
  int64_t room = kPairs;
  for (int64_t run = 0; run < runs.count; ++run) {
    const int64_t d = run / taps / w.kernel[1] * w.dilation[0];
    const int64_t h = run / taps % w.kernel[1] * w.dilation[1];
    const int64_t pixel = (d * strips.sizes[1] + h) * strips.sizes[2] + run % taps * w.dilation[2];
    for (int64_t done = 0; done < runs.pairs();) {
      if (room == 0) {
        cuts.emplace_back();
        room = kPairs;
      }
      const int64_t pairs = std::min(room, runs.pairs() - done);
      cuts.back().push_back({pixel * channels + 2 * done, pairs});
      done += pairs;
      room -= pairs;
    }
  }
  return cuts;
}

}  // namespace qtool::simd
