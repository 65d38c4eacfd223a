#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/half.h"

namespace qtool::reference {

/// One number as another type. Floating point to integer drops the fraction; what does not fit
/// becomes the nearest integer of the type, and NaN 0. Wider to narrower integers drop the upper
/// bits. Everything but 0 is true.
template <class To, class From>
To convert_value(From x) {
  if constexpr (std::is_class_v<From>) {
    return convert_value<To>(static_cast<float>(x));
  } else if constexpr (std::is_class_v<To>) {
    return To(static_cast<float>(x));
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

/// y[i] = x[i] as a number of the other type.
template <class From, class To>
void convert(const From* x, To* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = convert_value<To>(x[i]);
}

}  // namespace qtool::reference
