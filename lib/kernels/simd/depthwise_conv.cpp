#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "kernels/simd/depthwise.h"
#include "kernels/simd/depthwise_rows.h"

namespace qtool::simd {
namespace {

using Block = DepthwiseConv::Block;
using Packed = DepthwiseConv::Packed;

constexpr int64_t kSmallest = 16;

// Blocks of at most `widest` channels. What is left gets the smallest block that holds it, moved
// back so that it ends with the last channel.
std::vector<Block> choose_blocks(int64_t channels, int64_t widest) {
  if (widest == 0 || channels < kSmallest) return {{0, 0}};
  std::vector<Block> blocks;
  int64_t done = 0;
  while (done < channels) {
    int64_t width = widest;
    while (width > channels || (width > kSmallest && width / 2 >= channels - done)) width /= 2;
    done = std::min(done, channels - width);
    blocks.push_back({done, width});
    done += width;
  }
  return blocks;
}

// The channel of a block that lane `lane` stands for; see DepthwiseBlock.
int64_t channel_of(const Block& block, int64_t lane) {
  if (block.width == 0) return lane;
  const int64_t lanes = block.width / 4;
  const int64_t vector = lane / lanes;
  const int64_t at = lane % lanes;
  return block.channel + at / 4 * 16 + vector * 4 + at % 4;
}

int64_t padded_taps(const Packed& packed) { return (packed.taps + 3) / 4 * 4; }
int64_t group_size(const Packed& packed) {
  return packed.products == DepthwiseProducts::kQuads ? 4 : 2;
}
int64_t groups(const Packed& packed) {
  return (packed.taps + group_size(packed) - 1) / group_size(packed);
}

int32_t element(const Packed& packed, int64_t channel, int64_t tap) {
  return tap < packed.taps ? packed.plain[static_cast<std::size_t>(channel * packed.taps + tap)]
                           : 0;
}

// Integers beside each other in 32 bits, the first in the lowest.
int32_t beside(std::initializer_list<int32_t> integers) {
  const std::size_t width = 32 / integers.size();
  std::size_t shift = 0;
  uint32_t lane = 0;
  for (const int32_t each : integers) {
    lane |= (static_cast<uint32_t>(each) & ((1U << width) - 1)) << shift;
    shift += width;
  }
  return static_cast<int32_t>(lane);
}

// The low half of w = 16 · high + low, or the high one.
int32_t half(int32_t w, bool high) {
  const int32_t low = ((w + 8) & 15) - 8;
  return high ? (w - low) / 16 : low;
}

// Lane `lane` of kHalves.
int32_t pack_halves(const Packed& packed, const Block& block, int64_t tap, int64_t lane) {
  const int64_t lanes = block.width / 4;
  const int64_t vector = lane / lanes;
  const int64_t at = lane % lanes;
  const int64_t c = block.channel + at / 4 * 16 + vector % 2 * 8 + at % 4 * 2;
  const bool high = vector >= 2;
  return beside({half(element(packed, c, tap), high), half(element(packed, c, tap + 1), high),
                 half(element(packed, c + 1, tap), high),
                 half(element(packed, c + 1, tap + 1), high)});
}

// The filter elements from `tap` on that lane `lane` of a block is multiplied with.
int32_t pack_lane(const Packed& packed, const Block& block, int64_t tap, int64_t lane) {
  const auto w = [&, c = channel_of(block, lane)](int64_t i) {
    return element(packed, c, tap + i);
  };
  switch (packed.products) {
    case DepthwiseProducts::kPairs:
      return beside({w(0), w(1)});
    case DepthwiseProducts::kHalves:
      return pack_halves(packed, block, tap, lane);
    case DepthwiseProducts::kQuads:
      return beside({w(0), w(1), w(2), w(3)});
  }
  return 0;
}

void pack_block(const Block& block, Packed& packed) {
  for (int64_t lane = 0; lane < (block.width == 0 ? packed.channels : block.width); ++lane)
    packed.order.push_back(channel_of(block, lane));
  for (int64_t group = 0; group < groups(packed); ++group)
    for (int64_t lane = 0; lane < block.width; ++lane)
      packed.weights.push_back(pack_lane(packed, block, group * group_size(packed), lane));
}

// A multiplier of the same effect that never gives NaN: that of a NaN is always the zero point,
// and infinity saturates all sums but 0.
float finite(float multiplier) {
  using Limits = std::numeric_limits<float>;
  if (std::isnan(multiplier)) return 0;
  return std::clamp(multiplier, Limits::lowest(), Limits::max());
}

// What each lane of each block starts from and is multiplied with.
struct Affine {
  std::vector<int32_t> start;
  std::vector<float> multiplier;
};

Affine affine(const Packed& packed, int32_t x_zero, const DepthwiseOutput& output, bool to_bytes) {
  Affine result = {std::vector<int32_t>(packed.order.size()),
                   std::vector<float>(packed.order.size())};
  for (std::size_t lane = 0; lane < packed.order.size(); ++lane) {
    const auto c = static_cast<std::size_t>(packed.order[lane]);
    const auto sum = static_cast<uint32_t>(packed.tap_sums[c]);
    const auto bias = static_cast<uint32_t>(output.bias == nullptr ? 0 : output.bias[c]);
    const float multiplier = output.multiplier == nullptr ? 0 : output.multiplier[c];
    result.start[lane] = static_cast<int32_t>(bias - static_cast<uint32_t>(x_zero) * sum);
    result.multiplier[lane] = to_bytes ? finite(multiplier) : multiplier;
  }
  return result;
}

std::vector<DepthwiseBlock> ready_blocks(const Packed& packed, const Affine& affine) {
  std::vector<DepthwiseBlock> blocks;
  const int32_t* weights = packed.weights.data();
  const int32_t* start = affine.start.data();
  const float* multiplier = affine.multiplier.data();
  for (const Block& block : packed.blocks) {
    blocks.push_back({block.channel, block.width, block.width == 0 ? packed.plain.data() : weights,
                      start, multiplier});
    weights += groups(packed) * block.width;
    start += block.width;
    multiplier += block.width;
  }
  return blocks;
}

// Walks over the rows of the output.
template <class Y>
class Rows {
 public:
  Rows(const Window& window, const Packed& packed, std::vector<DepthwiseBlock> blocks,
       const uint8_t* padding, DepthwiseRun<Y> run)
      : window_(window),
        blocks_(std::move(blocks)),
        kernel_(depthwise_kernel<Y>()),
        padding_(padding),
        inputs_(static_cast<std::size_t>(padded_taps(packed)), padding),
        run_(run) {
    run_.inputs = inputs_.data();
    run_.step = window.stride[2] * run.channels;
  }

  // One row at (depth, height) of the output; x is one image.
  void row(const uint8_t* x, int64_t depth, int64_t height, Y* y) {
    const int64_t width = window_.output[2];
    const int64_t stride = window_.stride[2];
    const int64_t reach = (window_.kernel[2] - 1) * window_.dilation[2];
    // Outputs [first, last) have no padding to their left and right.
    const int64_t first = std::min(width, (window_.pad_begin[2] + stride - 1) / stride);
    const int64_t room = window_.input[2] + window_.pad_begin[2] - reach - 1;
    const int64_t last = std::clamp(room < 0 ? 0 : room / stride + 1, first, width);
    for (int64_t at = 0; at < width;) {
      const int64_t count = at == first && last > first ? last - first : 1;
      run_.pixels = count;
      run_.y = y + at * run_.channels;
      find_inputs(x, {depth, height, at});
      for (const DepthwiseBlock& block : blocks_) kernel_(run_, block);
      at += count;
    }
  }

 private:
  void find_inputs(const uint8_t* x, const std::array<int64_t, 3>& output) {
    std::size_t tap = 0;
    const Window& w = window_;
    std::array<int64_t, 3> k;
    for (k[0] = 0; k[0] < w.kernel[0]; ++k[0])
      for (k[1] = 0; k[1] < w.kernel[1]; ++k[1])
        for (k[2] = 0; k[2] < w.kernel[2]; ++k[2]) inputs_[tap++] = input(x, output, k);
  }
  // The pixel under filter element k; padding lies beyond the first and last of a row as well as
  // beyond whole rows.
  const uint8_t* input(const uint8_t* x, const std::array<int64_t, 3>& output,
                       const std::array<int64_t, 3>& k) const {
    int64_t pixel = 0;
    bool inside = true;
    std::array<int64_t, 3> at;
    for (std::size_t a = 0; a < 3; ++a) {
      at[a] = output[a] * window_.stride[a] - window_.pad_begin[a] + k[a] * window_.dilation[a];
      inside = inside && at[a] >= 0 && at[a] < window_.input[a];
      pixel = pixel * window_.input[a] + at[a];
    }
    return inside ? x + pixel * run_.channels : padding_;
  }

  const Window& window_;
  std::vector<DepthwiseBlock> blocks_;
  DepthwiseKernel<Y> kernel_;
  const uint8_t* padding_;  // a row of zero points
  std::vector<const uint8_t*> inputs_;
  DepthwiseRun<Y> run_;
};

}  // namespace

DepthwiseConv::DepthwiseConv(int64_t channels, int64_t taps, const int32_t* weight) {
  int64_t widest = 0;
  DepthwiseProducts products = DepthwiseProducts::kPairs;
  depthwise_ability(&widest, &products);
  packed_.channels = channels;
  packed_.taps = taps;
  packed_.plain.assign(weight, weight + channels * taps);
  const bool fits = std::all_of(packed_.plain.begin(), packed_.plain.end(),
                                [](int32_t w) { return w >= -128 && w < 128; });
  if (fits && (products != DepthwiseProducts::kHalves || taps <= 16)) packed_.products = products;
  for (int64_t c = 0; c < channels; ++c) {
    int32_t sum = 0;
    for (int64_t t = 0; t < taps; ++t) sum += weight[c * taps + t];
    packed_.tap_sums.push_back(sum);
  }
  packed_.blocks = choose_blocks(channels, widest);
  for (const Block& block : packed_.blocks) pack_block(block, packed_);
}

template <class X, class Y>
void DepthwiseConv::run(const Window& window, int64_t batch, const X* x, int32_t x_zero_point,
                        const DepthwiseOutput& output, Y* y) const {
  constexpr bool kSigned = std::is_signed_v<X>;
  const int64_t channels = packed_.channels;
  const std::vector<uint8_t> padding(static_cast<std::size_t>(window.input[2] * channels),
                                     static_cast<uint8_t>(x_zero_point));
  const Affine ready =
      affine(packed_, x_zero_point + (kSigned ? 128 : 0), output, !std::is_same_v<Y, float>);
  Rows<Y> rows(window, packed_, ready_blocks(packed_, ready), padding.data(),
               {.kernel = packed_.taps,
                .taps = groups(packed_) * group_size(packed_),
                .channels = channels,
                .zero_point = output.zero_point,
                .products = packed_.products,
                .is_signed = kSigned});
  const auto* in = reinterpret_cast<const uint8_t*>(x);
  for (int64_t n = 0; n < batch; ++n, in += volume(window.input) * channels)
    for (int64_t d = 0; d < window.output[0]; ++d)
      for (int64_t h = 0; h < window.output[1]; ++h, y += window.output[2] * channels)
        rows.row(in, d, h, y);
}

#define QTOOL_INSTANTIATE(X, Y)                                               \
  template void DepthwiseConv::run(const Window&, int64_t, const X*, int32_t, \
                                   const DepthwiseOutput&, Y*) const;
QTOOL_INSTANTIATE(uint8_t, uint8_t)
QTOOL_INSTANTIATE(uint8_t, int8_t)
QTOOL_INSTANTIATE(uint8_t, int32_t)
QTOOL_INSTANTIATE(uint8_t, float)
QTOOL_INSTANTIATE(int8_t, uint8_t)
QTOOL_INSTANTIATE(int8_t, int8_t)
QTOOL_INSTANTIATE(int8_t, int32_t)
QTOOL_INSTANTIATE(int8_t, float)
#undef QTOOL_INSTANTIATE

}  // namespace qtool::simd
