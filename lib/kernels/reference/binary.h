#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/error.h"

// The scalar functions of ONNX's elementwise operators with two inputs. Integer results that do
// not fit the type wrap around.
namespace qtool::reference {

/// The type to compute in without the undefined overflow of signed integers.
template <class T, bool = std::is_integral_v<T>>
struct Wrapping {
  using type = T;
};
template <class T>
struct Wrapping<T, true> {
  using type = std::common_type_t<std::make_unsigned_t<T>, unsigned>;
};

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::type;
    return static_cast<T>(static_cast<W>(a) + static_cast<W>(b));
  }
};

struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::type;
    return static_cast<T>(static_cast<W>(a) - static_cast<W>(b));
  }
};

struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    using W = typename Wrapping<T>::type;
    return static_cast<T>(static_cast<W>(a) * static_cast<W>(b));
  }
};

/// Integers: truncated towards 0. Throws Error if an integer is divided by 0.
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) fail("an integer is divided by zero");
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return Sub{}(T(0), a);  // the smallest integer would trap
    }
    return static_cast<T>(a / b);
  }
};

/// Integers: repeated multiplication; a negative exponent gives the truncated reciprocal.
struct Pow {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b < T(0)) return Div{}(T(1), a) * (Div{}(b, T(2)) * T(2) == b ? a : T(1));
      T result = 1;
      for (T base = a; b > 0; b = static_cast<T>(b >> 1), base = Mul{}(base, base))
        if (b & 1) result = Mul{}(result, base);
      return result;
    } else {
      return b == 2 ? a * a : std::pow(a, b);
    }
  }
};

/// A NaN on either side is the result.
struct Min {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};

struct Max {
  template <class T>
  T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
};

struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};

struct Greater {
  template <class T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};

struct GreaterOrEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};

struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};

struct LessOrEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

struct And {
  bool operator()(bool a, bool b) const { return a && b; }
};

struct Or {
  bool operator()(bool a, bool b) const { return a || b; }
};

struct Xor {
  bool operator()(bool a, bool b) const { return a != b; }
};

}  // namespace qtool::reference
