#pragma once

#include <cstdint>

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

}  // namespace qtool::simd
