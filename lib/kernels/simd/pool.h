#pragma once

#include <cstdint>

#include "kernels/window.h"

// Pooling in channels-last layout: x [batch, input..., channels], y [batch, output..., channels].
namespace qtool::simd {

/// Maximum of each window, as reference::max_pool has it. T: uint8_t, int8_t, float.
template <class T>
void max_pool(const Window& window, int64_t batch, int64_t channels, const T* x, T* y);

/// Σ x / sizes[output] for each window, in float: at most 64 numbers are summed one by one, then
/// such sums. `sizes` [output...]: see reference::window_sizes.
void average_pool(const Window& window, int64_t batch, int64_t channels, const int64_t* sizes,
                  const float* x, float* y);

/// How the mean of bytes becomes a byte.
struct QuantizedMean {
  int32_t x_zero_point = 0;
  float ratio = 1;  // scale_x / scale_y
  int32_t y_zero_point = 0;
};

/// y = saturate(round(mean · ratio) + y_zero_point), where mean = float(Σ (x − x_zero_point)) /
/// sizes[output], as the reference of QLinearAveragePool has it bit by bit, so long as windows have
/// fewer than 2^16 elements. T: uint8_t, int8_t.
template <class T>
void average_pool(const Window& window, int64_t batch, int64_t channels, const int64_t* sizes,
                  const QuantizedMean& rule, const T* x, T* y);

/// y [batch, channels] = saturate(round(float(Σ (x − x_zero_point)) · ratio) + y_zero_point) over
/// all pixels of x [batch, pixels, channels], fewer than 2^23 of them. T: uint8_t, int8_t.
template <class T>
void global_average_pool(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
                         const T* x, T* y);

}  // namespace qtool::simd
