#pragma once

#include <cstdint>
#include <utility>

namespace qtool::simd {

/// Where parameters change along x, taken as [outer, channels, inner]; one channel: nowhere.
struct Channels {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 0;
};

/// y = saturate(round_half_even(x / scale[c]) + zero_point[c]), as Saturate<T> has it bit by bit.
/// T: uint8_t, int8_t, uint16_t, int16_t.
template <class T>
void quantize(const Channels& shape, const float* scale, const int32_t* zero_point, const float* x,
              T* y);
/// y = float(x − zero_point[c]) · scale[c].
template <class T>
void dequantize(const Channels& shape, const float* scale, const int32_t* zero_point, const T* x,
                float* y);

/// Smallest and largest element, widened to contain 0; NaN does not count.
std::pair<float, float> range_of(int64_t count, const float* x);

}  // namespace qtool::simd
