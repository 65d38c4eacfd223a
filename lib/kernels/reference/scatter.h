#pragma once

#include <cstdint>
#include <type_traits>

// The reductions of ONNX's scattering operators, and the loop over them.
namespace qtool::reference {

/// Integers wrap around.
struct ScatterAdd {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    else
      return T(a + b);
  }
};

struct ScatterMul {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    else
      return T(a * b);
  }
};

/// NaN if one of both is.
struct ScatterMax {
  template <class T>
  T operator()(T a, T b) const {
    return a != a || a > b ? a : b;
  }
};

struct ScatterMin {
  template <class T>
  T operator()(T a, T b) const {
    return a != a || a < b ? a : b;
  }
};

/// y[indices[i], j] = f(y[indices[i], j], updates[i, j]) one after another, with updates [count,
/// inner].
template <class F, class T>
void scatter_with(F f, int64_t inner, const T* updates, const int64_t* indices, int64_t count,
                  T* y) {
  for (int64_t i = 0; i < count; ++i) {
    T* const to = y + indices[i] * inner;
    for (int64_t j = 0; j < inner; ++j, ++updates) to[j] = f(to[j], *updates);
  }
}

}  // namespace qtool::reference
