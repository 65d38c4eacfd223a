#include "kernels/simd/integer_conv.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/simd/integer_tile.h"
#include "kernels/simd/requantize.h"
#include "kernels/transpose.h"

namespace qtool::simd {
namespace {

using Sizes = Window::Sizes;

constexpr int64_t kBlockVectors = 4;  // of channels that are requantized at a time

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The values under a window, in runs that lie together in a widened input.
struct Runs {
  int64_t count;
  int64_t length;
  int64_t pairs() const { return divide_up(length, 2); }  // the last one may have a zero weight
};

Runs find_runs(const ConvShape& shape) {
  const Window& window = shape.window;
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t taps = window.dilation[2] == 1 ? window.kernel[2] : 1;
  return {volume(window.kernel) / taps, taps * channels};
}

// Channels of a group, and how they are cut.
struct Channels {
  int64_t count;
  int64_t vectors;
  Channels(const ConvShape& shape, int64_t lanes)
      : count(shape.out_channels / shape.groups), vectors(divide_up(count, lanes)) {}
};

// Element `at` of run `run` of a weight [in_channels / groups, taps] of one channel.
int32_t weight_at(const ConvShape& shape, const Runs& runs, const int32_t* weight, int64_t run,
                  int64_t at) {
  if (at >= runs.length) return 0;
  const int64_t channels = shape.in_channels / shape.groups;
  const int64_t tap = run * (runs.length / channels) + at / channels;
  return weight[at % channels * volume(shape.window.kernel) + tap];
}

int32_t pair_of(int32_t first, int32_t second) {
  return static_cast<int32_t>((static_cast<uint32_t>(first) & 0xFFFF) |
                              static_cast<uint32_t>(second) << 16);
}

// How a convolution of one shape is cut into strips of rows along the first axis where there are
// several.
struct Plan {
  std::size_t axis;
  int64_t rows;     // of the output
  int64_t at_once;  // the last ones may be fewer
  int64_t row_pixels;
  Sizes pick;   // from one pixel of the widened input to the next, in x
  Sizes step;   // from one window to the next, in the widened input
  Sizes sizes;  // of the widened input of a strip

  Plan(const ConvShape& shape, int64_t block);
  int64_t windows() const { return at_once * row_pixels; }
};

// Where windows are of one pixel, the pixels in between are left out.
Plan::Plan(const ConvShape& shape, int64_t block) : pick(3), step(3), sizes(3) {
  constexpr int64_t kStripBytes = int64_t{384} << 10;  // in the second cache
  const Window& window = shape.window;
  for (axis = 0; axis < 2 && window.output[axis] == 1;) ++axis;
  int64_t row_values = shape.in_channels / shape.groups;
  for (std::size_t a = 0; a < 3; ++a) {
    pick[a] = window.kernel[a] == 1 ? window.stride[a] : 1;
    step[a] = window.stride[a] / pick[a];
    sizes[a] = (window.output[a] - 1) * step[a] + (window.kernel[a] - 1) * window.dilation[a] + 1;
    row_values *= a == axis ? step[a] : sizes[a];
  }
  rows = window.output[axis];
  row_pixels = volume(window.output) / rows;
  const int64_t row_bytes = row_values * 2 + row_pixels * block * 4;
  const int64_t fit = std::max<int64_t>(1, kStripBytes / row_bytes);
  at_once = divide_up(rows, divide_up(rows, fit));
  sizes[axis] -= (rows - at_once) * step[axis];
}

// Scratch memory, cut into what a run needs; every piece is aligned to 64.
class Scratch {
 public:
  Scratch(const ConvShape& shape, const Plan& plan, int64_t block, Layout layout, std::byte* memory)
      : is_transposed(layout == Layout::kChannelsFirst),
        widened(take<int16_t>(memory, volume(plan.sizes) * (shape.in_channels / shape.groups) + 1)),
        starts(take<int64_t>(memory, plan.windows())),
        sums(take<int32_t>(memory, plan.windows() * block)),
        image(take<uint8_t>(memory,
                            is_transposed ? volume(shape.window.input) * shape.in_channels : 0)),
        result(take<int32_t>(memory, is_transposed ? plan.windows() * shape.out_channels : 0)) {}

 private:
  template <class T>
  T* take(std::byte* memory, int64_t count) {
    const std::size_t start = bytes;
    bytes += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + start);
  }

 public:
  std::size_t bytes = 0;  // first: counted while the others are made
  bool is_transposed;
  int16_t* widened;  // a strip of the input of one group
  int64_t* starts;   // of the strip's windows, in that
  int32_t* sums;     // of a block of channels
  uint8_t* image;    // channels-last
  int32_t* result;   // of a strip, channels-last, of up to 4 bytes each
};

// Brings the input of strips to int16 [sizes..., channels of the group].
class Widen {
 public:
  Widen(const ConvShape& shape, const Plan& plan, const ByteInput& x, int16_t* to)
      : shape_(shape),
        plan_(plan),
        kernel_(widen_kernel(x.is_signed)),
        zero_point_(x.zero_point),
        channels_(shape.in_channels / shape.groups),
        to_(to) {}

  // x: the channels of a group in the first pixel of an image. The strip begins at row `row` of
  // the output.
  void strip(const uint8_t* x, int64_t row, int64_t rows) const {
    const Window& w = shape_.window;
    Sizes first(3);
    for (std::size_t a = 0; a < 3; ++a)
      first[a] = (a == plan_.axis ? row * w.stride[a] : 0) - w.pad_begin[a];
    Sizes sizes = plan_.sizes;
    sizes[plan_.axis] -= (plan_.at_once - rows) * plan_.step[plan_.axis];
    int16_t* to = to_;
    for (int64_t d = 0; d < sizes[0]; ++d)
      for (int64_t h = 0; h < sizes[1]; ++h, to += sizes[2] * channels_) {
        const int64_t in_d = first[0] + d * plan_.pick[0];
        const int64_t in_h = first[1] + h * plan_.pick[1];
        const bool inside = in_d >= 0 && in_d < w.input[0] && in_h >= 0 && in_h < w.input[1];
        if (inside)
          line(x + (in_d * w.input[1] + in_h) * w.input[2] * shape_.in_channels, first[2], sizes[2],
               to);
        else
          std::fill_n(to, sizes[2] * channels_, int16_t{0});
      }
    *to = 0;
  }

 private:
  // `count` pixels of a line of x, from `first` on, which may lie outside.
  void line(const uint8_t* x, int64_t first, int64_t count, int16_t* to) const {
    const int64_t pick = plan_.pick[2];
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

  const ConvShape& shape_;
  const Plan& plan_;
  WidenKernel kernel_;
  int32_t zero_point_;
  int64_t channels_;
  int16_t* to_;
};

void find_starts(const ConvShape& shape, const Plan& plan, int64_t* starts) {
  const int64_t channels = shape.in_channels / shape.groups;
  Sizes output = shape.window.output;
  output[plan.axis] = plan.at_once;
  for (int64_t d = 0; d < output[0]; ++d)
    for (int64_t h = 0; h < output[1]; ++h)
      for (int64_t w = 0; w < output[2]; ++w)
        *starts++ = ((d * plan.step[0] * plan.sizes[1] + h * plan.step[1]) * plan.sizes[2] +
                     w * plan.step[2]) *
                    channels;
}

// What a window sees, cut so that the weights of a cut stay in the first cache.
std::vector<std::vector<Piece>> cut_runs(const ConvShape& shape, const Plan& plan) {
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
    const int64_t pixel = (d * plan.sizes[1] + h) * plan.sizes[2] + run % taps * w.dilation[2];
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

// y = rule(sums + bias) of channels [first, first + sums.channels).
template <class T>
void finish(const Sums& sums, int64_t first, const int32_t* bias, const Requantize<T>& rule, T* y,
            int64_t channels) {
  if (bias != nullptr) bias += first;
  if constexpr (std::is_same_v<T, int32_t>)
    requantize(sums, bias, rule, y + first, channels);
  else
    requantize(sums, bias, rule.multiplier() + first, rule.zero_point(), y + first, channels);
}

}  // namespace

IntegerConv::IntegerConv(const ConvShape& shape, const int32_t* weight, Layout layout)
    : layout_(layout), lanes_(tile_lanes()) {
  const Runs runs = find_runs(shape);
  const Channels channels(shape, lanes_);
  const int64_t taps = volume(shape.window.kernel);
  const int64_t filter = shape.in_channels / shape.groups * taps;
  const int64_t pairs = runs.count * runs.pairs();
  weights_ = hwy::AllocateAligned<int32_t>(
      static_cast<std::size_t>(shape.groups * channels.vectors * pairs * lanes_));
  int32_t* to = weights_.get();
  for (int64_t g = 0; g < shape.groups; ++g)
    for (int64_t v = 0; v < channels.vectors; v += kTileVectors) {
      const int64_t width = std::min(kTileVectors, channels.vectors - v) * lanes_;
      for (int64_t run = 0; run < runs.count; ++run)
        for (int64_t k = 0; k < 2 * runs.pairs(); k += 2)
          for (int64_t c = v * lanes_; c < v * lanes_ + width; ++c, ++to) {
            const int32_t* w = weight + (g * channels.count + c) * filter;
            const auto at = [&](int64_t i) { return weight_at(shape, runs, w, run, i); };
            *to = c < channels.count ? pair_of(at(k), at(k + 1)) : 0;
          }
    }
}

std::size_t IntegerConv::scratch_bytes(const ConvShape& shape) const {
  const int64_t block = kBlockVectors * lanes_;
  return Scratch(shape, Plan(shape, block), block, layout_, nullptr).bytes;
}

template <class T>
void IntegerConv::run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                      const Requantize<T>& rule, std::byte* memory, T* y) const {
  const int64_t block = kBlockVectors * lanes_;
  const Plan plan(shape, block);
  const Scratch scratch(shape, plan, block, layout_, memory);
  find_starts(shape, plan, scratch.starts);
  const auto cuts = cut_runs(shape, plan);
  const Widen widen(shape, plan, x, scratch.widened);
  const TileKernel multiply = tile_kernel();
  const Channels channels(shape, lanes_);
  const auto* image = static_cast<const uint8_t*>(x.data);
  const int64_t pixels = volume(shape.window.input);
  const int64_t y_pixels = volume(shape.window.output);
  for (int64_t n = 0; n < shape.batch;
       ++n, image += pixels * shape.in_channels, y += y_pixels * shape.out_channels) {
    const uint8_t* last = image;
    if (scratch.is_transposed) {
      transpose(1, shape.in_channels, pixels, image, scratch.image);
      last = scratch.image;
    }
    for (int64_t row = 0; row < plan.rows; row += plan.at_once) {
      const int64_t rows = std::min(plan.at_once, plan.rows - row);
      const int64_t windows = rows * plan.row_pixels;
      const int64_t first = row * plan.row_pixels;
      T* const result = scratch.is_transposed ? reinterpret_cast<T*>(scratch.result)
                                              : y + first * shape.out_channels;
      const int32_t* weights = weights_.get();
      for (int64_t g = 0; g < shape.groups; ++g) {
        widen.strip(last + g * (shape.in_channels / shape.groups), row, rows);
        for (int64_t v = 0; v < channels.vectors; v += kBlockVectors) {
          for (int64_t t = v; t < std::min(v + kBlockVectors, channels.vectors);
               t += kTileVectors) {
            const int64_t vectors = std::min(kTileVectors, channels.vectors - t);
            bool accumulate = false;
            for (const auto& cut : cuts) {
              multiply({.x = scratch.widened,
                        .starts = scratch.starts,
                        .windows = windows,
                        .pieces = cut.data(),
                        .piece_count = std::ssize(cut),
                        .weights = weights,
                        .vectors = vectors,
                        .accumulate = std::exchange(accumulate, true),
                        .sums = scratch.sums + (t - v) * lanes_,
                        .stride = block});
              for (const Piece& piece : cut) weights += piece.pairs * vectors * lanes_;
            }
          }
          const int64_t c = v * lanes_;
          finish({scratch.sums, windows, std::min(block, channels.count - c), block},
                 g * channels.count + c, bias, rule, result, shape.out_channels);
        }
      }
      if (scratch.is_transposed)
        transpose_into(windows, shape.out_channels, result, y + first, y_pixels);
    }
  }
}

#define QTOOL_INSTANTIATE(T)                                                         \
  template void IntegerConv::run(const ConvShape&, const ByteInput&, const int32_t*, \
                                 const Requantize<T>&, std::byte*, T*) const;
QTOOL_INSTANTIATE(uint8_t)
QTOOL_INSTANTIATE(int8_t)
QTOOL_INSTANTIATE(int32_t)
QTOOL_INSTANTIATE(float)
#undef QTOOL_INSTANTIATE

}  // namespace qtool::simd
