#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/reference/convert.h"
#include "kernels/reference/unary.h"

// The scalar functions of ONNX's activations. Parameters carry ONNX's names and defaults.
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

struct ThresholdedRelu {
  float alpha = 1;
  template <class T>
  T operator()(T x) const {
    return x > static_cast<T>(alpha) ? x : T(0);
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
    return Clip<T>{0, 1}(static_cast<T>(alpha) * x + static_cast<T>(beta));
  }
};

/// x · sigmoid(alpha · x).
struct Swish {
  float alpha = 1;
  template <class T>
  T operator()(T x) const {
    return x * Sigmoid{}(static_cast<T>(alpha) * x);
  }
};

/// x · HardSigmoid(x) with alpha = 1/6 and beta = 0.5.
struct HardSwish {
  template <class T>
  T operator()(T x) const {
    return x * Clip<T>{0, 1}(x / 6 + T(0.5));
  }
};

struct Tanh {
  template <class T>
  T operator()(T x) const {
    return std::tanh(x);
  }
};

/// log(1 + exp(x)), where the exponential cannot overflow.
struct Softplus {
  template <class T>
  T operator()(T x) const {
    return (x > 0 ? x : T(0)) + std::log1p(std::exp(-std::abs(x)));
  }
};

struct Softsign {
  template <class T>
  T operator()(T x) const {
    return x / (1 + std::abs(x));
  }
};

/// x · tanh(softplus(x)).
struct Mish {
  template <class T>
  T operator()(T x) const {
    return x * std::tanh(Softplus{}(x));
  }
};

/// alpha · (exp(x) − 1) below 0.
struct Elu {
  float alpha = 1;
  template <class T>
  T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * std::expm1(x) : x;
  }
};

/// alpha · (exp(x / alpha) − 1) below 0.
struct Celu {
  float alpha = 1;
  template <class T>
  T operator()(T x) const {
    return x < 0 ? static_cast<T>(alpha) * std::expm1(x / static_cast<T>(alpha)) : x;
  }
};

/// gamma · Elu(x). The defaults are those of opset 6, rounded to float32 as ONNX has them.
struct Selu {
  float alpha = 1.67326319217681884765625F;
  float gamma = 1.05070102214813232421875F;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(gamma) * Elu{alpha}(x);
  }
};

/// x · Φ(x), Φ being the normal distribution: 0.5 · x · (1 + erf(x / √2)).
struct Gelu {
  template <class T>
  T operator()(T x) const {
    return T(0.5) * x * (1 + std::erf(x / std::numbers::sqrt2_v<T>));
  }
};

/// Gelu's approximation, 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
struct GeluTanh {
  template <class T>
  T operator()(T x) const {
    const T factor = std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;
    return T(0.5) * x * (1 + std::tanh(factor * (x + T(0.044715) * x * x * x)));
  }
};

/// x + bias below −lambd, x − bias above lambd, else 0. Integers are computed in double.
struct Shrink {
  float bias = 0;
  float lambd = 0.5F;
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      return convert_value<T>((*this)(static_cast<double>(x)));
    } else {
      if (x < static_cast<T>(-lambd)) return x + static_cast<T>(bias);
      return x > static_cast<T>(lambd) ? x - static_cast<T>(bias) : T(0);
    }
  }
};

}  // namespace qtool::reference
