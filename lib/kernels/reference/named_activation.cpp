#include "kernels/reference/named_activation.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "kernels/reference/activation.h"
#include "kernels/reference/elementwise.h"

namespace qtool::reference {
namespace {

struct Affine {
  float alpha, beta;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(alpha) * x + static_cast<T>(beta);
  }
};

struct ClipBetween {
  float alpha, beta;
  template <class T>
  T operator()(T x) const {
    return Clip<T>{static_cast<T>(alpha), static_cast<T>(beta)}(x);
  }
};

struct ScaledTanh {
  float alpha, beta;
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(alpha) * std::tanh(static_cast<T>(beta) * x);
  }
};

// Unlike the operator ThresholdedRelu it keeps the threshold itself.
struct ReluFromThreshold {
  float alpha;
  template <class T>
  T operator()(T x) const {
    return x >= static_cast<T>(alpha) ? x : T(0);
  }
};

template <class F, class T>
void apply(float alpha, float beta, T* x, int64_t count) {
  F f;
  if constexpr (requires { f.alpha; }) f.alpha = alpha;
  if constexpr (requires { f.beta; }) f.beta = beta;
  map(x, x, count, f);
}

template <class F>
constexpr NamedActivation row(const char* name, int parameters = 0, float alpha = 0,
                              float beta = 0) {
  return {name, parameters, alpha, beta, apply<F, float>, apply<F, double>};
}

constexpr NamedActivation kActivations[] = {
    row<Affine>("affine", 2, 1, 0),
    row<ClipBetween>("clip", 2, std::numeric_limits<float>::lowest(),
                     std::numeric_limits<float>::max()),
    row<Elu>("elu", 1, 1),
    row<HardSigmoid>("hardsigmoid", 2, 0.2F, 0.5F),
    row<LeakyRelu>("leakyrelu", 1, 0.01F),
    row<Relu>("relu"),
    row<ScaledTanh>("scaledtanh", 2, 1, 1),
    row<Sigmoid>("sigmoid"),
    row<Softplus>("softplus"),
    row<Softsign>("softsign"),
    row<Tanh>("tanh"),
    row<ReluFromThreshold>("thresholdedrelu", 1, 1),
};

bool same_letters(std::string_view lower, std::string_view name) {
  return std::equal(lower.begin(), lower.end(), name.begin(), name.end(), [](char a, char b) {
    return a == std::tolower(static_cast<unsigned char>(b));
  });
}

}  // namespace

NamedActivation find_activation(std::string_view name) {
  for (const NamedActivation& activation : kActivations)
    if (same_letters(activation.name, name)) return activation;
  fail("activation '{}' is not known", name);
}

}  // namespace qtool::reference
