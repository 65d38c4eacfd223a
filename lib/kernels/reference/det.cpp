#include "kernels/reference/det.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace qtool::reference {

template <class T>
T determinant(int64_t n, const T* matrix) {
  std::vector<double> a(matrix, matrix + n * n);
  const auto row = [&](int64_t i) { return a.data() + i * n; };
  double result = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < n; ++i)
      if (std::abs(row(i)[k]) > std::abs(row(pivot)[k])) pivot = i;
    if (row(pivot)[k] == 0) return 0;
    if (pivot != k) {
      std::swap_ranges(row(k), row(k) + n, row(pivot));
      result = -result;
    }
    result *= row(k)[k];
    for (int64_t i = k + 1; i < n; ++i) {
      const double factor = row(i)[k] / row(k)[k];
      for (int64_t j = k; j < n; ++j) row(i)[j] -= factor * row(k)[j];
    }
  }
  return static_cast<T>(result);
}

template float determinant(int64_t, const float*);
template double determinant(int64_t, const double*);

}  // namespace qtool::reference
