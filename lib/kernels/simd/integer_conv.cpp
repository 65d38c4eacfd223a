#include "kernels/simd/integer_conv.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/parallel.h"
#include "kernels/simd/integer_tile.h"
#include "kernels/simd/requantize.h"
#include "kernels/simd/winograd.h"
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

  Plan(const ConvShape& shape, int64_t block, bool is_winograd);
  int64_t windows() const { return at_once * row_pixels; }
};

// Where windows are of one pixel, the pixels in between are left out.
Plan::Plan(const ConvShape& shape, int64_t block, bool is_winograd) : pick(3), step(3), sizes(3) {
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
}

// Of `rows` rows of the output.
WinogradTiles tiles_of(const ConvShape& shape, const Plan& plan, int64_t rows) {
  WinogradTiles tiles = {shape.window.output[1], shape.window.output[2]};
  (plan.axis == 1 ? tiles.height : tiles.width) = rows;
  return tiles;
}

// Scratch memory, cut into what a run needs; every piece is aligned to 64.
class Scratch {
 public:
  Scratch(const ConvShape& shape, const Plan& plan, int64_t block, int64_t transformed_tiles,
          Layout layout, std::byte* memory)
      : is_transposed(layout == Layout::kChannelsFirst),
        widened(take<int16_t>(memory, volume(plan.sizes) * (shape.in_channels / shape.groups) + 1)),
        starts(take<int64_t>(memory, plan.windows())),
        sums(take<int32_t>(memory, parallel_threads() * plan.windows() * block)),
        transformed(take<int16_t>(memory, transformed_tiles * shape.in_channels + 1)),
        products(take<int32_t>(memory, parallel_threads() * transformed_tiles * block)),
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
  int16_t* widened;      // a strip of the input of one group
  int64_t* starts;       // of the strip's windows, in that
  int32_t* sums;         // [threads, windows, channels of a block]
  int16_t* transformed;  // Winograd only: see winograd_input
  int32_t* products;     // Winograd only: [threads] of what winograd_output takes
  uint8_t* image;        // channels-last
  int32_t* result;       // of a strip, channels-last, of up to 4 bytes each
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

void find_starts(const ConvShape& shape, const Plan& plan, bool is_winograd, int64_t* starts) {
  const int64_t channels = shape.in_channels / shape.groups;
  if (is_winograd) {
    for (int64_t i = 0; i < tiles_of(shape, plan, plan.at_once).count(); ++i)
      starts[i] = i * channels;
    return;
  }
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

struct Weights {
  const int32_t* data;  // see IntegerConv
  int64_t lanes;
  bool is_winograd;
};

// The convolution whose products are taken: of transformed tiles a 1 x 1 one.
ConvShape inner_shape(const ConvShape& shape, bool is_winograd) {
  if (!is_winograd) return shape;
  return {.in_channels = shape.in_channels, .out_channels = shape.out_channels};
}

// One run; all but x and y.
template <class T>
class Run {
 public:
  Run(const ConvShape& shape, const Weights& weights, const int32_t* bias,
      const Requantize<T>& rule)
      : shape_(shape),
        weights_(weights),
        block_(kBlockVectors * weights.lanes),
        plan_(shape, block_, weights.is_winograd),
        channels_(shape, weights.lanes),
        cuts_(cut_runs(inner_shape(shape, weights.is_winograd), plan_)),
        bias_(bias),
        rule_(rule) {
    for (const auto& cut : cuts_)
      for (const Piece& piece : cut) pairs_ += piece.pairs;
  }

  // What is transformed at a time.
  int64_t transformed_tiles() const {
    return weights_.is_winograd ? kWinograd * tiles_of(shape_, plan_, plan_.at_once).count() : 0;
  }
  std::size_t scratch_bytes(Layout layout) const {
    return Scratch(shape_, plan_, block_, transformed_tiles(), layout, nullptr).bytes;
  }

  void images(const ByteInput& x, Layout layout, std::byte* memory, T* y) const {
    const Scratch scratch(shape_, plan_, block_, transformed_tiles(), layout, memory);
    find_starts(shape_, plan_, weights_.is_winograd, scratch.starts);
    const Widen widen(shape_, plan_, x, scratch.widened);
    const int64_t pixels = volume(shape_.window.input);
    const auto* image = static_cast<const uint8_t*>(x.data);
    for (int64_t n = 0; n < shape_.batch; ++n, image += pixels * shape_.in_channels) {
      if (scratch.is_transposed) transpose(1, shape_.in_channels, pixels, image, scratch.image);
      for (int64_t row = 0; row < plan_.rows; row += plan_.at_once)
        strip(widen, scratch.is_transposed ? scratch.image : image, row, scratch, y);
      y += volume(shape_.window.output) * shape_.out_channels;
    }
  }

 private:
  // The rows of the output of one image from `row` on.
  void strip(const Widen& widen, const uint8_t* image, int64_t row, const Scratch& scratch,
             T* y) const {
    const int64_t rows = std::min(plan_.at_once, plan_.rows - row);
    const int64_t windows = rows * plan_.row_pixels;
    const int64_t first = row * plan_.row_pixels;
    T* const result = scratch.is_transposed ? reinterpret_cast<T*>(scratch.result)
                                            : y + first * shape_.out_channels;
    const WinogradTiles tiles = tiles_of(shape_, plan_, rows);
    for (int64_t g = 0; g < shape_.groups; ++g) {
      const uint8_t* from = image + g * (shape_.in_channels / shape_.groups);
      if (weights_.is_winograd) {
        widen.strip(from, row, divide_up(rows, 2) * 2);
        winograd_input(tiles, shape_.in_channels, scratch.widened, scratch.transformed);
      } else {
        widen.strip(from, row, rows);
      }
      parallel_for(divide_up(channels_.vectors, kBlockVectors), [&](int64_t i, int thread) {
        int32_t* const sums = scratch.sums + thread * plan_.windows() * block_;
        int32_t* const products = scratch.products + thread * transformed_tiles() * block_;
        const int64_t v = i * kBlockVectors;
        if (weights_.is_winograd) {
          for (int64_t p = 0; p < kWinograd; ++p)
            multiply(scratch.transformed + p * tiles.count() * shape_.in_channels, scratch.starts,
                     tiles.count(), p, v, products + p * tiles.count() * block_);
          winograd_output(tiles, block_, products, sums);
        } else {
          multiply(scratch.widened, scratch.starts, windows, g, v, sums);
        }
        finish(windows, g, v, sums, result);
      });
    }
    if (scratch.is_transposed)
      transpose_into(windows, shape_.out_channels, result, y + first, volume(shape_.window.output));
  }

  // Sums of the block of channels from vector v of part `part` of the weights on.
  void multiply(const int16_t* x, const int64_t* starts, int64_t windows, int64_t part, int64_t v,
                int32_t* sums) const {
    const int64_t last = std::min(v + kBlockVectors, channels_.vectors);
    for (int64_t t = v; t < last; t += kTileVectors) {
      TileRun run = {
          .x = x,
          .starts = starts,
          .windows = windows,
          .weights = weights_.data + (part * channels_.vectors + t) * pairs_ * weights_.lanes,
          .vectors = std::min(kTileVectors, last - t),
          .sums = sums + (t - v) * weights_.lanes,
          .stride = block_};
      for (const std::vector<Piece>& cut : cuts_) {
        run.pieces = cut.data();
        run.piece_count = std::ssize(cut);
        kernel_(run);
        run.accumulate = true;
        for (const Piece& piece : cut) run.weights += piece.pairs * run.vectors * weights_.lanes;
      }
    }
  }

  // result = rule(sums + bias) of that block of group g.
  void finish(int64_t windows, int64_t g, int64_t v, const int32_t* data, T* result) const {
    const int64_t in_group = v * weights_.lanes;
    const Sums sums = {data, windows, std::min(block_, channels_.count - in_group), block_};
    const int64_t first = g * channels_.count + in_group;
    const int32_t* bias = bias_ == nullptr ? nullptr : bias_ + first;
    if constexpr (std::is_same_v<T, int32_t>)
      requantize(sums, bias, rule_, result + first, shape_.out_channels);
    else
      requantize(sums, bias, rule_.multiplier() + first, rule_.zero_point(), result + first,
                 shape_.out_channels);
  }

  const ConvShape& shape_;
  Weights weights_;
  int64_t block_;  // channels
  Plan plan_;
  Channels channels_;
  std::vector<std::vector<Piece>> cuts_;
  int64_t pairs_ = 0;  // of all cuts
  TileKernel kernel_ = tile_kernel();
  const int32_t* bias_;
  const Requantize<T>& rule_;
};

// Packs a weight as it is multiplied; gives the end of what is written.
int32_t* pack_weight(const ConvShape& shape, int64_t lanes, const int32_t* weight, int32_t* to) {
  const Runs runs = find_runs(shape);
  const Channels channels(shape, lanes);
  const int64_t filter = shape.in_channels / shape.groups * volume(shape.window.kernel);
  for (int64_t g = 0; g < shape.groups; ++g)
    for (int64_t v = 0; v < channels.vectors; v += kTileVectors) {
      const int64_t width = std::min(kTileVectors, channels.vectors - v) * lanes;
      for (int64_t run = 0; run < runs.count; ++run)
        for (int64_t k = 0; k < 2 * runs.pairs(); k += 2)
          for (int64_t c = v * lanes; c < v * lanes + width; ++c, ++to) {
            const int32_t* w = weight + (g * channels.count + c) * filter;
            const auto at = [&](int64_t i) { return weight_at(shape, runs, w, run, i); };
            *to = c < channels.count ? pair_of(at(k), at(k + 1)) : 0;
          }
    }
  return to;
}

}  // namespace

IntegerConv::IntegerConv(const ConvShape& shape, const int32_t* weight, Layout layout)
    : layout_(layout), lanes_(tile_lanes()), is_winograd_(suits_winograd(shape, weight)) {
  const ConvShape inner = inner_shape(shape, is_winograd_);
  const Runs runs = find_runs(inner);
  const int64_t parts = is_winograd_ ? kWinograd : 1;
  weights_ = hwy::AllocateAligned<int32_t>(static_cast<std::size_t>(
      parts * shape.groups * Channels(shape, lanes_).vectors * runs.count * runs.pairs() * lanes_));
  std::vector<int32_t> transformed;
  if (is_winograd_) {
    transformed = winograd_weight(shape, weight);
    weight = transformed.data();
  }
  int32_t* to = weights_.get();
  for (int64_t p = 0; p < parts; ++p)
    to = pack_weight(inner, lanes_, weight + p * shape.out_channels * shape.in_channels, to);
}

std::size_t IntegerConv::scratch_bytes(const ConvShape& shape) const {
  const Requantize<int32_t> rule;
  return Run<int32_t>(shape, {weights_.get(), lanes_, is_winograd_}, nullptr, rule)
      .scratch_bytes(layout_);
}

template <class T>
void IntegerConv::run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                      const Requantize<T>& rule, std::byte* scratch, T* y) const {
  Run<T>(shape, {weights_.get(), lanes_, is_winograd_}, bias, rule).images(x, layout_, scratch, y);
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
