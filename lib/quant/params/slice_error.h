#pragma once

#include <cmath>
#include <span>

#include "tensor/quant_params.h"

namespace qtool {

/// The integer nearest to x, half to even, for |x| < 2^22, where addition rounds: near 1.5 · 2^23
/// floats are the integers.
inline float nearest_integer(float x) {
  constexpr float kIntegers = 12582912.0F;
  return (x + kIntegers) - kIntegers;
}

/// How many steps an element is from the zero point after quantization:
/// clamp(round_half_even(x / scale), range.min − zero_point, range.max − zero_point).
class Rounding {
 public:
  Rounding(Affine params, QuantRange range)
      : scale_(params.scale),
        low_(static_cast<float>(range.min - params.zero_point)),
        high_(static_cast<float>(range.max - params.zero_point)) {}
  float operator()(float x) const {
    x /= scale_;
    x = x > low_ ? x : low_;
    return nearest_integer(x < high_ ? x : high_);
  }

 private:
  float scale_, low_, high_;
};

/// Σ term(i) for i in [0, count) in double, in a fixed order that vector units can follow.
template <class Term>
double sum(std::size_t count, const Term& term) {
  constexpr std::size_t kLanes = 8;
  double lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  double total = 0;
  for (; i < count; ++i) total += term(i);
  for (const double lane : lanes) total += lane;
  return total;
}

/// Σ (x − x̂)² over the elements, x̂ = what remains of x after quantize and dequantize.
double squared_error(std::span<const float> elements, Affine params, QuantRange range);

/// The same zero point with the scale that is best for the integers the elements become now:
/// with d = q − zero_point, s = Σ x·d / Σ d², the least squares of x − s·d. Never raises the squared
/// error, because rounding to the new scale again is the best for that. The given parameters if no
/// such scale is a normal float.
Affine fit_scale(std::span<const float> elements, Affine params, QuantRange range);

}  // namespace qtool
