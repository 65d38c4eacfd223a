#pragma once

#include <limits>
#include <vector>

#include "kernels/reference/window.h"

namespace qtool::reference {

/// Maximum of each window over the planes of x [planes, input...]; y [planes, output...].
/// `indices`, if not null, gets the row-major index into x of each first maximum. A window that
/// meets nothing but padding gives the type's lowest value and index -1.
template <class T>
void max_pool(const Window& w, int64_t planes, const T* x, T* y, int64_t* indices) {
  const int64_t in_size = volume(w.input);
  const int64_t out_size = volume(w.output);
  for (int64_t p = 0; p < planes; ++p, x += in_size, y += out_size) {
    std::fill_n(y, out_size, std::numeric_limits<T>::lowest());
    if (indices != nullptr) std::fill_n(indices + p * out_size, out_size, -1);
    each_window_row(w, [&](int64_t, int64_t in, int64_t out, int64_t count) {
      const T* const from = x + in;
      T* const to = y + out;
      if (indices == nullptr) {
        for (int64_t i = 0; i < count; ++i) to[i] = std::max(to[i], from[i * w.stride[2]]);
        return;
      }
      int64_t* const index = indices + p * out_size + out;
      for (int64_t i = 0; i < count; ++i) {
        if (index[i] >= 0 && !(from[i * w.stride[2]] > to[i])) continue;
        to[i] = from[i * w.stride[2]];
        index[i] = p * in_size + in + i * w.stride[2];
      }
    });
  }
}

/// Elements of each window, as average_pool divides by: those of the input, or with `padding`
/// those of the padded input.
std::vector<int64_t> window_sizes(const Window& w, bool padding);

/// Mean of each window over the planes of x, summed in double.
template <class T>
void average_pool(const Window& w, int64_t planes, bool count_padding, const T* x, T* y) {
  const std::vector<int64_t> sizes = window_sizes(w, count_padding);
  std::vector<double> sums(sizes.size());
  for (int64_t p = 0; p < planes; ++p, x += volume(w.input)) {
    std::fill(sums.begin(), sums.end(), 0.0);
    each_window_row(w, [&](int64_t, int64_t in, int64_t out, int64_t count) {
      double* const to = sums.data() + out;
      for (int64_t i = 0; i < count; ++i) to[i] += x[in + i * w.stride[2]];
    });
    for (std::size_t i = 0; i < sums.size(); ++i)
      *y++ = static_cast<T>(sums[i] / static_cast<double>(sizes[i]));
  }
}

}  // namespace qtool::reference
