#pragma once

#include <cstdint>

#include "kernels/requantize.h"

namespace qtool::simd {

/// int32 sums of `channels` channels, `rows` times; `stride` numbers from one row to the next.
struct Sums {
  const int32_t* data = nullptr;
  int64_t rows = 0;
  int64_t channels = 0;
  int64_t stride = 0;
};

/// y[r, c] = Requantize<T>(multiplier, zero_point)(sums[r, c] + bias[c], c), bit by bit; see
/// kernels/requantize.h. Adding wraps around. `bias` may be null; `multiplier` has an entry for
/// every channel. Rows of y are `y_stride` elements apart. T: uint8_t, int8_t, float.
template <class T>
void requantize(const Sums& sums, const int32_t* bias, const float* multiplier, int32_t zero_point,
                T* y, int64_t y_stride);

/// The same by a rule.
template <class T>
void requantize(const Sums& sums, const int32_t* bias, const Requantize<T>& rule, T* y,
                int64_t y_stride) {
  requantize(sums, bias, rule.multiplier(), rule.zero_point(), y, y_stride);
}
inline void requantize(const Sums& sums, const int32_t* bias, const Requantize<int32_t>&,
                       int32_t* y, int64_t y_stride) {
  const auto add = [](int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  };
  for (int64_t r = 0; r < sums.rows; ++r)
    for (int64_t c = 0; c < sums.channels; ++c)
      y[r * y_stride + c] = add(sums.data[r * sums.stride + c], bias == nullptr ? 0 : bias[c]);
}

}  // namespace qtool::simd
