#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/reference/convert.h"

// The scalar functions of ONNX's elementwise operators with one input, but for those that <cmath>
// has under their name. Activations stand in activation.h.
namespace qtool::reference {

/// Integers give float32's value rounded towards 0, as ONNX's reference implementation has it.
struct Erf {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return convert_value<T>(std::erf(static_cast<float>(x)));
    else
      return std::erf(x);
  }
};

/// To the nearest integer, halves to the even one.
struct Round {
  template <class T>
  T operator()(T x) const {
    return std::nearbyint(x);
  }
};

/// -1, 0 or 1; NaN stays NaN.
struct Sign {
  template <class T>
  T operator()(T x) const {
    if (x > T(0)) return T(1);
    if (x < T(0)) return static_cast<T>(-1);
    return x == x ? T(0) : x;
  }
};

/// The smallest integer stays as it is: its negative has no place in the type.
struct Neg {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
    else
      return -x;
  }
};

struct Abs {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::abs(x);
    else
      return x < T(0) ? Neg{}(x) : x;
  }
};

struct IsNaN {
  template <class T>
  bool operator()(T x) const {
    return x != x;
  }
};

struct IsInf {
  bool negative = true;  // whether -inf counts
  bool positive = true;  // whether inf counts
  template <class T>
  bool operator()(T x) const {
    constexpr T kInfinity = std::numeric_limits<T>::infinity();
    return (negative && x == -kInfinity) || (positive && x == kInfinity);
  }
};

/// min(max(x, low), high): where low > high the result is high, as ONNX says. NaN stays NaN.
template <class T>
struct Clip {
  T low = std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::max();
  T operator()(T x) const {
    const T raised = x < low ? low : x;
    return high < raised ? high : raised;
  }
};

}  // namespace qtool::reference
