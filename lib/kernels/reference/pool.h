#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reference/window.h"

namespace qtool::reference {

/// What a maximum starts from: no number is less.
template <class T>
constexpr T least() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
}

/// Maximum of each window over the planes of x [planes, input...]; y [planes, output...].
/// `indices`, if not null, gets the row-major index into x of each first maximum. A window that
/// meets nothing but padding gives the type's least value and index -1.
template <class T>
void max_pool(const Window& w, int64_t planes, const T* x, T* y, int64_t* indices) {
  const WindowLoop loop(w);
  const int64_t in_size = volume(w.input);
  const int64_t out_size = volume(w.output);
  const int64_t stride = loop.stride();
  for (int64_t p = 0; p < planes; ++p, x += in_size, y += out_size) {
    std::fill_n(y, out_size, least<T>());
    if (indices != nullptr) std::fill_n(indices + p * out_size, out_size, -1);
    loop.each_row([&](int64_t, int64_t in, int64_t out, int64_t count) {
      const T* const from = x + in;
      T* const to = y + out;
      if (indices == nullptr) {
        for (int64_t i = 0; i < count; ++i) to[i] = std::max(to[i], from[i * stride]);
        return;
      }
      int64_t* const index = indices + p * out_size + out;
      for (int64_t i = 0; i < count; ++i) {
        if (index[i] >= 0 && !(from[i * stride] > to[i])) continue;
        to[i] = from[i * stride];
        index[i] = p * in_size + in + i * stride;
      }
    });
  }
}

/// Calls plane(sums) for each plane of x, with the sum of f(element) over each window, in double.
template <class T, class F, class Plane>
void sum_windows(const Window& w, int64_t planes, const T* x, F f, Plane plane) {
  const WindowLoop loop(w);
  std::vector<double> sums(static_cast<std::size_t>(volume(w.output)));
  for (int64_t p = 0; p < planes; ++p, x += volume(w.input)) {
    std::fill(sums.begin(), sums.end(), 0.0);
    loop.each_row([&](int64_t, int64_t in, int64_t out, int64_t count) {
      double* const to = sums.data() + out;
      for (int64_t i = 0; i < count; ++i) to[i] += f(x[in + i * loop.stride()]);
    });
    plane(sums);
  }
}

/// Mean of each window over the planes of x, summed in double; of nothing it is NaN.
template <class T>
void average_pool(const Window& w, int64_t planes, bool count_padding, const T* x, T* y) {
  const std::vector<int64_t> sizes = window_sizes(w, count_padding);
  const auto same = [](T value) { return static_cast<double>(value); };
  sum_windows(w, planes, x, same, [&](const std::vector<double>& sums) {
    for (std::size_t i = 0; i < sums.size(); ++i)
      *y++ = static_cast<T>(sums[i] / static_cast<double>(sizes[i]));
  });
}

/// Norm (Σ |x|^p)^(1/p) of each window over the planes of x, in double.
template <class T>
void lp_pool(const Window& w, int64_t planes, double p, const T* x, T* y) {
  const auto power = [p](T value) { return std::pow(std::abs(static_cast<double>(value)), p); };
  sum_windows(w, planes, x, power, [&](const std::vector<double>& sums) {
    for (const double sum : sums) *y++ = static_cast<T>(std::pow(sum, 1 / p));
  });
}

}  // namespace qtool::reference
