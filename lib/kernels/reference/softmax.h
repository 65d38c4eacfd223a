#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

// Functions of rows of `axis` elements that lie `step` apart.
namespace qtool::reference {

/// exp(x − max) / Σ exp(x − max), the sum in double.
struct Softmax {
  template <class T>
  void operator()(int64_t axis, int64_t step, const T* x, T* y) const {
    T largest = x[0];
    for (int64_t i = 1; i < axis; ++i) largest = std::max(largest, x[i * step]);
    double sum = 0;
    for (int64_t i = 0; i < axis; ++i) sum += y[i * step] = std::exp(x[i * step] - largest);
    for (int64_t i = 0; i < axis; ++i) y[i * step] = static_cast<T>(y[i * step] / sum);
  }
};

/// x − max − log(Σ exp(x − max)), the sum in double.
struct LogSoftmax {
  template <class T>
  void operator()(int64_t axis, int64_t step, const T* x, T* y) const {
    T largest = x[0];
    for (int64_t i = 1; i < axis; ++i) largest = std::max(largest, x[i * step]);
    double sum = 0;
    for (int64_t i = 0; i < axis; ++i) sum += std::exp(x[i * step] - largest);
    const double log_sum = std::log(sum);
    for (int64_t i = 0; i < axis; ++i)
      y[i * step] = static_cast<T>(x[i * step] - largest - log_sum);
  }
};

/// 1 for the first of the largest elements, else 0. NaN counts as the largest.
struct Hardmax {
  template <class T>
  void operator()(int64_t axis, int64_t step, const T* x, T* y) const {
    int64_t best = 0;
    for (int64_t i = 1; i < axis; ++i) {
      const T largest = x[best * step];
      if (x[i * step] > largest || (x[i * step] != x[i * step] && largest == largest)) best = i;
    }
    for (int64_t i = 0; i < axis; ++i) y[i * step] = T(i == best);
  }
};

/// Runs f on all rows along the middle axis of x and y [outer, axis, inner].
template <class T, class F>
void map_rows(int64_t outer, int64_t axis, int64_t inner, const T* x, T* y, F f) {
  if (axis == 0) return;
  for (int64_t o = 0; o < outer; ++o, x += axis * inner, y += axis * inner)
    for (int64_t i = 0; i < inner; ++i) f(axis, inner, x + i, y + i);
}

}  // namespace qtool::reference
