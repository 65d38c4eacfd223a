#include "kernels/reference/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qtool::reference {

template <class T>
void soft_cap(T cap, T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

template <class T>
bool mask_scores(int64_t count, const T* bias, int64_t begin, int64_t end, T* scores) {
  constexpr T kMasked = -std::numeric_limits<T>::infinity();
  bool any = bias == nullptr && begin < end;
  std::fill(scores, scores + begin, kMasked);
  std::fill(scores + end, scores + count, kMasked);
  for (int64_t i = begin; bias != nullptr && i < end; ++i) {
    any |= bias[i] != kMasked;
    scores[i] += bias[i];
  }
  return any;
}

template <class T>
void softmax_scores(int64_t count, double sink, T* scores) {
  const T largest = std::max(*std::max_element(scores, scores + count), static_cast<T>(sink));
  double sum = std::exp(sink - largest);
  for (int64_t i = 0; i < count; ++i) sum += scores[i] = std::exp(scores[i] - largest);
  for (int64_t i = 0; i < count; ++i) scores[i] = static_cast<T>(scores[i] / sum);
}

template <class T>
void rotate(int64_t size, int64_t half, bool interleaved, const T* x, const T* cosines,
            const T* sines, T* y) {
  const int64_t step = interleaved ? 2 : 1;
  const int64_t apart = interleaved ? 1 : half;
  for (int64_t i = 0; i < half; ++i) {
    const T a = x[i * step];
    const T b = x[i * step + apart];
    y[i * step] = cosines[i] * a - sines[i] * b;
    y[i * step + apart] = sines[i] * a + cosines[i] * b;
  }
  std::copy(x + 2 * half, x + size, y + 2 * half);
}

template void soft_cap(float, float*, int64_t);
template void soft_cap(double, double*, int64_t);
template bool mask_scores(int64_t, const float*, int64_t, int64_t, float*);
template bool mask_scores(int64_t, const double*, int64_t, int64_t, double*);
template void softmax_scores(int64_t, double, float*);
template void softmax_scores(int64_t, double, double*);
template void rotate(int64_t, int64_t, bool, const float*, const float*, const float*, float*);
template void rotate(int64_t, int64_t, bool, const double*, const double*, const double*, double*);

}  // namespace qtool::reference
