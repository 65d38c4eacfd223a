#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/half.h"

namespace qtool {

/// The float next to x that still tells on which side of it x is: rounded to odd. Rounding that to
/// a type of at most 22 bits of mantissa gives what rounding x would (Boldo and Melquiond, "When
/// double rounding is odd", 2005).
inline float round_to_odd(double x) {
  const auto nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) == x || x != x) return nearest;
  auto bits = std::bit_cast<uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(x)) --bits;
  return std::bit_cast<float>(bits | 1);
}

/// One number as another type. Floating point to integer drops the fraction; what does not fit
/// becomes the nearest integer of the type, and NaN 0. Wider to narrower integers drop the upper
/// bits. Everything but 0 is true.
template <class To, class From>
To convert_value(From x) {
  if constexpr (std::is_class_v<From>) {
    return convert_value<To>(static_cast<float>(x));
  } else if constexpr (std::is_class_v<To>) {
    return To(std::is_same_v<From, float> ? static_cast<float>(x)
                                          : round_to_odd(static_cast<double>(x)));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Limits = std::numeric_limits<To>;
    if (x != x) return 0;
    // 2^digits, the first number too large, is exact in any floating-point type.
    if (x >= std::ldexp(From(1), Limits::digits)) return Limits::max();
    if (x <= static_cast<From>(Limits::lowest())) return Limits::lowest();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace qtool
