#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

// The scalar functions of ONNX's elementwise operators with one input. Parameters carry ONNX's
// names and defaults.
namespace qtool::reference {

struct Relu {
  template <class T>
  T operator()(T x) const {
    return x < 0 ? T(0) : x;
  }
};

struct LeakyRelu {
  float alpha = 0.01F;
  template <class T>
  T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * x : x;
  }
};

struct Sigmoid {
  template <class T>
  T operator()(T x) const {
    return 1 / (1 + std::exp(-x));
  }
};

struct HardSigmoid {
  float alpha = 0.2F;
  float beta = 0.5F;
  template <class T>
  T operator()(T x) const {
    return std::max(T(0), std::min(T(1), static_cast<T>(alpha) * x + static_cast<T>(beta)));
  }
};

/// x · HardSigmoid(x) with alpha = 1/6 and beta = 0.5.
struct HardSwish {
  template <class T>
  T operator()(T x) const {
    return x * std::max(T(0), std::min(T(1), x / 6 + T(0.5)));
  }
};

struct Tanh {
  template <class T>
  T operator()(T x) const {
    return std::tanh(x);
  }
};

struct Erf {
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
};

struct Exp {
  template <class T>
  T operator()(T x) const {
    return std::exp(x);
  }
};

struct Log {
  template <class T>
  T operator()(T x) const {
    return std::log(x);
  }
};

struct Sqrt {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};

struct Reciprocal {
  template <class T>
  T operator()(T x) const {
    return 1 / x;
  }
};

struct Floor {
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
};

struct Ceil {
  template <class T>
  T operator()(T x) const {
    return std::ceil(x);
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

struct Not {
  bool operator()(bool x) const { return !x; }
};

/// min(max(x, low), high): where low > high the result is high, as ONNX says.
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
