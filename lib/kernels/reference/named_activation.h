#pragma once

#include <cstdint>
#include <string_view>

namespace qtool::reference {

/// One of the functions that recurrent and fused operators name in an attribute, with its
/// parameters. `find_activation` gives it with the defaults of the ONNX operator of that name.
struct NamedActivation {
  std::string_view name;
  int parameters;  // 0: none, 1: alpha, 2: alpha and beta
  float alpha;
  float beta;
  void (*on_floats)(float alpha, float beta, float* x, int64_t count);
  void (*on_doubles)(float alpha, float beta, double* x, int64_t count);

  /// Replaces each of the numbers by its function value.
  void operator()(float* x, int64_t count) const { on_floats(alpha, beta, x, count); }
  void operator()(double* x, int64_t count) const { on_doubles(alpha, beta, x, count); }
};

/// Affine, Clip (from alpha to beta), Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid,
/// Softplus, Softsign, Tanh or ThresholdedRelu, in whatever case the letters are. Throws Error for
/// another name.
NamedActivation find_activation(std::string_view name);

}  // namespace qtool::reference
