#pragma once

#include "kernels/reference/strided_loop.h"

namespace qtool::reference {

/// y[i] = f(x[i]).
template <class T, class R, class F>
void map(const T* x, R* y, int64_t count, F f) {
  for (int64_t i = 0; i < count; ++i) y[i] = f(x[i]);
}

/// y = f(a, b) over a loop whose operands are y, a and b, y being contiguous.
template <class T, class R, class F>
void zip(const StridedLoop<3>& loop, R* y, const T* a, const T* b, F f) {
  const int64_t n = loop.row_length();
  const auto [step_y, step_a, step_b] = loop.row_strides();
  loop.each_row([&, step_a = step_a, step_b = step_b](const auto& offsets) {
    R* const yr = y + offsets[0];
    const T* const ar = a + offsets[1];
    const T* const br = b + offsets[2];
    if (step_a == 1 && step_b == 1) {
      for (int64_t i = 0; i < n; ++i) yr[i] = f(ar[i], br[i]);
    } else if (step_a == 1 && step_b == 0) {
      for (int64_t i = 0; i < n; ++i) yr[i] = f(ar[i], br[0]);
    } else if (step_a == 0 && step_b == 1) {
      for (int64_t i = 0; i < n; ++i) yr[i] = f(ar[0], br[i]);
    } else {
      for (int64_t i = 0; i < n; ++i) yr[i] = f(ar[i * step_a], br[i * step_b]);
    }
  });
}

}  // namespace qtool::reference
