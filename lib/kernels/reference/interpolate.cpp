#include "kernels/reference/interpolate.h"

namespace qtool::reference {

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

template void interpolate(int64_t, int64_t, int64_t, const std::vector<Taps>&, float, const float*,
                          float*);
template void interpolate(int64_t, int64_t, int64_t, const std::vector<Taps>&, float, const double*,
                          double*);

}  // namespace qtool::reference
