#pragma once

#include <cstdint>

#include "kernels/simd/depthwise.h"

// Between the walk over a depthwise convolution's rows and the kernels for one row.
namespace qtool::simd {

/// Neighbouring output pixels of a row whose windows move by `step` bytes.
template <class Y>
struct DepthwiseRun {
  const uint8_t* const* inputs;  // [taps]: first channel under each filter element, first pixel
  int64_t kernel;                // filter elements
  int64_t taps;                  // the same with padding to whole groups
  int64_t pixels;
  int64_t step;
  int64_t channels;
  int32_t zero_point;  // of y
  DepthwiseProducts products;
  bool is_signed;  // inputs are int8, to be taken as x + 128
  Y* y;            // [pixels, channels]
};

/// Channels [channel, channel + width) with all that they need. Lane 4 · i + j of vector k of the
/// four is channel 16 · i + 4 · k + j of the block; if width is 0, all channels are in order.
/// Weights of kHalves: lane 4 · i + j of the low halves of channels 16 · i + 2 · j and the one
/// behind, of those 8 further on, and then the same of the high halves.
struct DepthwiseBlock {
  int64_t channel;
  int64_t width;
  const int32_t* weights;   // [groups, width] lanes; width 0: [channels, kernel]
  const int32_t* start;     // what sums begin with
  const float* multiplier;  // no NaN and no infinity, if y is bytes
};

template <class Y>
using DepthwiseKernel = void (*)(const DepthwiseRun<Y>&, const DepthwiseBlock&);
/// The kernel for the instruction set in use. Y: uint8_t, int8_t, int32_t, float.
template <class Y>
DepthwiseKernel<Y> depthwise_kernel();
/// The widest block of that instruction set (0: one channel at a time), and the products of weights
/// of int8 there.
void depthwise_ability(int64_t* width, DepthwiseProducts* products);

}  // namespace qtool::simd
