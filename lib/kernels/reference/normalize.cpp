#include "kernels/reference/normalize.h"

#include <algorithm>
#include <cmath>

namespace qtool::reference {
namespace {

struct Moments {
  double mean;
  double variance;
};

template <class T>
Moments moments(int64_t count, const T* x) {
  double mean = 0;
  for (int64_t i = 0; i < count; ++i) mean += x[i];
  mean /= static_cast<double>(count);
  double variance = 0;
  for (int64_t i = 0; i < count; ++i) variance += (x[i] - mean) * (x[i] - mean);
  return {mean, variance / static_cast<double>(count)};
}

}  // namespace

template <class T>
void batch_normalization(int64_t batch, int64_t channels, int64_t inner, float epsilon, const T* x,
                         const T* scale, const T* bias, const T* mean, const T* variance, T* y) {
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c) {
      const double factor = scale[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
      const double offset = bias[c] - mean[c] * factor;
      for (int64_t i = 0; i < inner; ++i) *y++ = static_cast<T>(*x++ * factor + offset);
    }
}

template <class T>
void layer_normalization(int64_t outer, int64_t inner, float epsilon, const T* x, const T* scale,
                         const T* bias, T* y, float* mean, float* inverse_deviation) {
  for (int64_t o = 0; o < outer; ++o, x += inner, y += inner) {
    const Moments m = moments(inner, x);
    const double inverse = 1 / std::sqrt(m.variance + epsilon);
    for (int64_t i = 0; i < inner; ++i)
      y[i] = static_cast<T>((x[i] - m.mean) * inverse * scale[i] + (bias ? bias[i] : T(0)));
    if (mean != nullptr) mean[o] = static_cast<float>(m.mean);
    if (inverse_deviation != nullptr) inverse_deviation[o] = static_cast<float>(inverse);
  }
}

template void batch_normalization(int64_t, int64_t, int64_t, float, const float*, const float*,
                                  const float*, const float*, const float*, float*);
template void batch_normalization(int64_t, int64_t, int64_t, float, const double*, const double*,
                                  const double*, const double*, const double*, double*);
template void layer_normalization(int64_t, int64_t, float, const float*, const float*, const float*,
                                  float*, float*, float*);
template void layer_normalization(int64_t, int64_t, float, const double*, const double*,
                                  const double*, double*, float*, float*);

}  // namespace qtool::reference
