#pragma once

#include <cstdint>

#include "base/saturate.h"

namespace qtool {

/// What becomes of an int32 accumulator of channel c:
/// y = saturate(round_half_even(float(acc) · multiplier[c]) + zero_point), in float32, where
/// multiplier[c] = scale_x · scale_w[c] / scale_y. T is uint8_t or int8_t, or one of the
/// specialisations below. `multiplier` has an entry for every channel and outlives this.
template <class T>
class Requantize {
 public:
  Requantize(const float* multiplier, int32_t zero_point)
      : multiplier_(multiplier), zero_point_(zero_point), saturate_(zero_point) {}
  T operator()(int32_t acc, int64_t c) const {
    return saturate_(static_cast<float>(acc) * multiplier_[c]);
  }
  const float* multiplier() const { return multiplier_; }
  int32_t zero_point() const { return zero_point_; }

 private:
  const float* multiplier_;
  int32_t zero_point_;
  Saturate<T> saturate_;
};

/// The accumulator as it is.
template <>
class Requantize<int32_t> {
 public:
  int32_t operator()(int32_t acc, int64_t) const { return acc; }
};

/// The real number that the accumulator stands for: float(acc) · multiplier[c].
template <>
class Requantize<float> {
 public:
  Requantize(const float* multiplier, int32_t) : multiplier_(multiplier) {}
  float operator()(int32_t acc, int64_t c) const {
    return static_cast<float>(acc) * multiplier_[c];
  }
  const float* multiplier() const { return multiplier_; }
  int32_t zero_point() const { return 0; }

 private:
  const float* multiplier_;
};

/// y[c] = rule(acc[c], c). The rule comes by value so that writing bytes cannot be taken to change
/// it, which would keep the loop from being vectorized.
template <class T>
void requantize_row(const int32_t* acc, int64_t channels, const Requantize<T> rule, T* y) {
  for (int64_t c = 0; c < channels; ++c) y[c] = rule(acc[c], c);
}

/// Requantizes acc [outer, channels, inner] to y of the same shape.
template <class T>
void requantize(const int32_t* acc, int64_t outer, int64_t channels, int64_t inner,
                const Requantize<T> rule, T* y) {
  if (inner == 1) {
    for (int64_t o = 0; o < outer; ++o)
      requantize_row(acc + o * channels, channels, rule, y + o * channels);
    return;
  }
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t c = 0; c < channels; ++c, acc += inner, y += inner)
      for (int64_t i = 0; i < inner; ++i) y[i] = rule(acc[i], c);
}

}  // namespace qtool
