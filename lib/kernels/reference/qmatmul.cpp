#include "kernels/reference/qmatmul.h"

#include <algorithm>

namespace qtool::reference {

void integer_matmul(int64_t m, int64_t k, int64_t n, const int16_t* a, const int16_t* b,
                    int32_t* acc) {
  std::fill_n(acc, m * n, 0);
  for (int64_t i = 0; i < m; ++i, acc += n)
    for (int64_t l = 0; l < k; ++l) {
      const int32_t left = a[i * k + l];
      for (int64_t j = 0; j < n; ++j) acc[j] += left * b[l * n + j];
    }
}

}  // namespace qtool::reference
