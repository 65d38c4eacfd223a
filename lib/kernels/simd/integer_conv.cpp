#include "kernels/simd/integer_conv.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "kernels/simd/integer_strips.h"
#include "kernels/simd/requantize.h"
#include "kernels/simd/winograd.h"
#include "kernels/transpose.h"

namespace qtool::simd {
namespace {

constexpr int64_t kBlockVectors = 4;  // of channels that are requantized at a time

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

// Scratch memory, cut into what a run needs; every piece is aligned to 64.
class Scratch {
 public:
  Scratch(const ConvShape& shape, const Strips& strips, int64_t block, int64_t transformed_tiles,
          Layout layout, std::byte* memory)
      : is_transposed(layout == Layout::kChannelsFirst),
        widened(
            take<int16_t>(memory, volume(strips.sizes) * (shape.in_channels / shape.groups) + 1)),
        starts(take<int64_t>(memory, strips.windows())),
        sums(take<int32_t>(memory, threads() * strips.windows() * block)),
        transformed(take<int16_t>(memory, transformed_tiles * shape.in_channels + 1)),
        products(take<int32_t>(memory, threads() * transformed_tiles * block)),
        image(take<uint8_t>(memory,
                            is_transposed ? volume(shape.window.input) * shape.in_channels : 0)),
        result(take<int32_t>(memory, is_transposed ? strips.windows() * shape.out_channels : 0)) {}

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
        strips_(shape, block_, weights.is_winograd),
        channels_(shape, weights.lanes),
        cuts_(cut_runs(inner_shape(shape, weights.is_winograd), strips_)),
        bias_(bias),
        rule_(rule) {
    for (const auto& cut : cuts_)
      for (const Piece& piece : cut) pairs_ += piece.pairs;
  }

  // What is transformed at a time.
  int64_t transformed_tiles() const {
    return weights_.is_winograd ? kWinograd * strips_.tiles.count() : 0;
  }
  std::size_t scratch_bytes(Layout layout) const {
    return Scratch(shape_, strips_, block_, transformed_tiles(), layout, nullptr).bytes;
  }

  void images(const ByteInput& x, Layout layout, std::byte* memory, T* y) const {
    const Scratch scratch(shape_, strips_, block_, transformed_tiles(), layout, memory);
    if (weights_.is_winograd)
      for (int64_t i = 0; i < strips_.tiles.count(); ++i)
        scratch.starts[i] = i * shape_.in_channels;
    else
      find_starts(shape_, strips_, scratch.starts);
    const Widen widen(shape_, strips_, x.is_signed, x.zero_point, scratch.widened);
    const int64_t pixels = volume(shape_.window.input);
    const auto* image = static_cast<const uint8_t*>(x.data);
    for (int64_t n = 0; n < shape_.batch; ++n, image += pixels * shape_.in_channels) {
      if (scratch.is_transposed) transpose(1, shape_.in_channels, pixels, image, scratch.image);
      for (int64_t row = 0; row < strips_.rows; row += strips_.at_once)
        strip(widen, scratch.is_transposed ? scratch.image : image, row, scratch, y);
      y += volume(shape_.window.output) * shape_.out_channels;
    }
  }

 private:
  // The rows of the output of one image from `row` on.
  void strip(const Widen& widen, const uint8_t* image, int64_t row, const Scratch& scratch,
             T* y) const {
    const int64_t rows = std::min(strips_.at_once, strips_.rows - row);
    const int64_t windows = rows * strips_.row_pixels;
    const int64_t first = row * strips_.row_pixels;
    T* const result = scratch.is_transposed ? reinterpret_cast<T*>(scratch.result)
                                            : y + first * shape_.out_channels;
    for (int64_t g = 0; g < shape_.groups; ++g) {
      prepare(widen, image + g * (shape_.in_channels / shape_.groups), row, rows, scratch);
      const int64_t blocks = divide_up(channels_.vectors, kBlockVectors);
      const int64_t shares = std::min<int64_t>(blocks, threads());
      parallel_for(shares, [&](int64_t share) {
        int32_t* const sums = scratch.sums + share * strips_.windows() * block_;
        int32_t* const products = scratch.products + share * transformed_tiles() * block_;
        for (int64_t i = blocks * share / shares; i < blocks * (share + 1) / shares; ++i) {
          add_up(scratch, rows, g, i * kBlockVectors, products, sums);
          finish(windows, g, i * kBlockVectors, sums, result);
        }
      });
    }
    if (scratch.is_transposed)
      transpose_into(windows, shape_.out_channels, result, y + first, volume(shape_.window.output));
  }

  // Brings what the strip sees of a group to what is multiplied.
  void prepare(const Widen& widen, const uint8_t* x, int64_t row, int64_t rows,
               const Scratch& scratch) const {
    if (!weights_.is_winograd) return widen.strip(x, row, rows);
    widen.strip(x, row, divide_up(rows, 2) * 2);
    winograd_input(strips_.tiles_of(rows), shape_.in_channels, scratch.widened,
                   scratch.transformed);
  }

  // Sums of the block of channels from vector v of group g on.
  void add_up(const Scratch& scratch, int64_t rows, int64_t g, int64_t v, int32_t* products,
              int32_t* sums) const {
    if (!weights_.is_winograd)
      return multiply(scratch.widened, scratch.starts, rows * strips_.row_pixels, g, v, sums);
    const WinogradTiles tiles = strips_.tiles_of(rows);
    for (int64_t p = 0; p < kWinograd; ++p)
      multiply(scratch.transformed + p * tiles.count() * shape_.in_channels, scratch.starts,
               tiles.count(), p, v, products + p * tiles.count() * block_);
    winograd_output(tiles, block_, products, sums);
  }

  // The same of windows in x with part `part` of the weights.
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
  Strips strips_;
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
