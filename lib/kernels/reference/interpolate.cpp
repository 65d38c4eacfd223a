#include "kernels/reference/interpolate.h"

#include <cmath>

namespace qtool::reference {

double linear_weight(double distance) { return std::fmax(0, 1 - std::abs(distance)); }

double cubic_weight(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

template <class T>
void interpolate(int64_t outer, int64_t axis, int64_t inner, const std::vector<Taps>& taps,
                 float outside, const T* x, T* y) {
  for (int64_t o = 0; o < outer; ++o, x += axis * inner)
    for (const Taps& output : taps)
      for (int64_t i = 0; i < inner; ++i) {
        double sum = output.empty() ? outside : 0;
        for (const Tap& tap : output) sum += tap.weight * x[tap.index * inner + i];
        *y++ = static_cast<T>(sum);
      }
}

void multiply_taps(const std::vector<int64_t>& dims, const std::vector<Taps>& axes, Taps& result) {
  result.assign(1, {0, 1});
  Taps longer;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    longer.clear();
    for (const Tap& outer : result)
      for (const Tap& tap : axes[i])
        longer.push_back({outer.index * dims[i] + tap.index, outer.weight * tap.weight});
    result.swap(longer);
  }
}

template void interpolate(int64_t, int64_t, int64_t, const std::vector<Taps>&, float, const float*,
                          float*);
template void interpolate(int64_t, int64_t, int64_t, const std::vector<Taps>&, float, const double*,
                          double*);

}  // namespace qtool::reference
