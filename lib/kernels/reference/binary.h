#pragma once

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

/// The remainder with the sign of a: a − trunc(a / b) · b. Throws Error if an integer is divided
/// by 0.
struct TruncatedMod {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) fail("an integer is divided by zero");
      if constexpr (std::is_signed_v<T>)
        if (b == T(-1)) return 0;  // the smallest integer would trap
      return static_cast<T>(a % b);
    } else {
      return std::fmod(a, b);
    }
  }
};

/// The remainder with the sign of b, also of a zero: a − floor(a / b) · b.
struct FlooredMod {
  template <class T>
  T operator()(T a, T b) const {
    const T r = TruncatedMod{}(a, b);
    if constexpr (std::is_floating_point_v<T>)
      if (r == 0) return std::copysign(r, b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
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
  bool operator()(const T& a, const T& b) const {
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

/// x below 0 times the slope.
struct PRelu {
  template <class T>
  T operator()(T x, T slope) const {
    return x < T(0) ? Mul{}(slope, x) : x;
  }
};

}  // namespace qtool::reference
