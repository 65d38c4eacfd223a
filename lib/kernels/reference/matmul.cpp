#include "kernels/reference/matmul.h"

#include <algorithm>
#include <type_traits>

#include "kernels/reference/convert.h"
#include "kernels/reference/strided_loop.h"

namespace qtool::reference {
namespace {

template <class T>
struct Sum {
  using type = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
};

// One matrix product; `sums` has room for a row of y.
template <class T>
void product(const MatMulShape& s, float alpha, const T* a, const T* b, T* y,
             std::vector<typename Sum<T>::type>& sums) {
  using S = typename Sum<T>::type;
  for (int64_t i = 0; i < s.m; ++i, y += s.n) {
    std::fill(sums.begin(), sums.end(), S(0));
    for (int64_t l = 0; l < s.k; ++l) {
      const S factor = static_cast<S>(s.transpose_a ? a[l * s.m + i] : a[i * s.k + l]);
      const T* const column = s.transpose_b ? b + l : b + l * s.n;
      const int64_t step = s.transpose_b ? s.k : 1;
      for (int64_t j = 0; j < s.n; ++j)
        sums[static_cast<std::size_t>(j)] += factor * static_cast<S>(column[j * step]);
    }
    for (int64_t j = 0; j < s.n; ++j) {
      const T sum = static_cast<T>(sums[static_cast<std::size_t>(j)]);
      y[j] = alpha == 1 ? sum : convert_value<T>(static_cast<double>(alpha) * sum);
    }
  }
}

}  // namespace

template <class T>
void matmul(const MatMulShape& s, float alpha, const T* a, const T* b, T* y) {
  Extents batch = s.a_batch;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch[i] == 1) batch[i] = s.b_batch[i];
  const StridedLoop<3> loop(batch, {row_major_strides(batch), broadcast_strides(s.a_batch, batch),
                                    broadcast_strides(s.b_batch, batch)});
  const auto steps = loop.row_strides();
  std::vector<typename Sum<T>::type> sums(static_cast<std::size_t>(s.n));
  loop.each_row([&](const auto& offsets) {
    for (int64_t i = 0; i < loop.row_length(); ++i)
      product(s, alpha, a + (offsets[1] + i * steps[1]) * s.m * s.k,
              b + (offsets[2] + i * steps[2]) * s.k * s.n,
              y + (offsets[0] + i * steps[0]) * s.m * s.n, sums);
  });
}

template void matmul(const MatMulShape&, float, const float*, const float*, float*);
template void matmul(const MatMulShape&, float, const double*, const double*, double*);
template void matmul(const MatMulShape&, float, const int32_t*, const int32_t*, int32_t*);
template void matmul(const MatMulShape&, float, const uint32_t*, const uint32_t*, uint32_t*);
template void matmul(const MatMulShape&, float, const int64_t*, const int64_t*, int64_t*);
template void matmul(const MatMulShape&, float, const uint64_t*, const uint64_t*, uint64_t*);

}  // namespace qtool::reference
