#pragma once

#include <cstdint>
#include <vector>

#include "kernels/window.h"

namespace qtool::simd {

/// How a filter's elements are multiplied with bytes and added, some at a time.
enum class DepthwiseProducts : uint8_t {
  /// Two as int16, to sums in int32.
  kPairs,
  /// Two as bytes: w = 16 · high + low, both in [−8, 8], has a sum of each in int16. Weights of int8,
  /// and at most 16 elements: 16 · 255 · 8 < 2^15.
  kHalves,
  /// Four as bytes, by AVX-512 VNNI. Weights of int8.
  kQuads,
};

/// What becomes of a depthwise convolution's sums; see Requantize in kernels/requantize.h.
struct DepthwiseOutput {
  const int32_t* bias = nullptr;      // [channels]; null: none
  const float* multiplier = nullptr;  // [channels]; not read for sums as they are, in int32
  int32_t zero_point = 0;
};

/// A depthwise convolution of bytes in channels-last layout: each channel has a filter of its own.
/// Sums are exact in int32 (they wrap around as the reference's do), so that results are those of
/// the reference bit by bit.
///
/// Where a window meets padding it reads a row of zero points, so that Σ (x − zero) · w is Σ x · w
/// − zero · Σ w, the latter one number a channel. How bytes are multiplied is DepthwiseProducts'.
class DepthwiseConv {
 public:
  /// Packs `weight` [channels, taps], zero point subtracted, in [−255, 255], for the instruction
  /// set that is in use. `taps` is the product of the kernel's sizes.
  DepthwiseConv(int64_t channels, int64_t taps, const int32_t* weight);

  /// y [batch, output..., channels] = Requantize<Y>(Σ (x − x_zero_point) · w + bias), for x
  /// [batch, input..., channels]. The window has the kernel that was packed; any stride, dilation
  /// and padding. X: uint8_t, int8_t. Y: uint8_t, int8_t, int32_t, float.
  template <class X, class Y>
  void run(const Window& window, int64_t batch, const X* x, int32_t x_zero_point,
           const DepthwiseOutput& output, Y* y) const;

  /// Neighbouring channels that are computed together.
  struct Block {
    int64_t channel;
    int64_t width;  // 16, 32 or 64; 0: all channels, one by one
  };
  /// What the constructor makes; for the kernels.
  struct Packed {
    int64_t channels = 0;
    int64_t taps = 0;
    DepthwiseProducts products = DepthwiseProducts::kPairs;
    std::vector<Block> blocks;      // the last one may overlap the one before it
    std::vector<int32_t> weights;   // per block [groups, width], lanes in the kernel's order
    std::vector<int32_t> plain;     // [channels, taps]
    std::vector<int32_t> tap_sums;  // Σ w of each channel
    std::vector<int64_t> order;     // channel of each lane of each block
  };

 private:
  Packed packed_;
};

}  // namespace qtool::simd
