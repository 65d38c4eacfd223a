#include "kernels/reference/normalize.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace qtool::reference {
namespace {

// Σ f(x[i]), in four sums side by side for speed.
template <class T, class F>
double sum_of(int64_t count, const T* x, F f) {
  double sums[4] = {};
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (int k = 0; k < 4; ++k) sums[k] += f(static_cast<double>(x[i + k]));
  for (; i < count; ++i) sums[0] += f(static_cast<double>(x[i]));
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

template <class T>
double sum_of_squares(int64_t count, const T* x, double center) {
  return sum_of(count, x, [center](double v) { return (v - center) * (v - center); });
}

template <class T>
double mean_of(int64_t count, const T* x) {
  return sum_of(count, x, [](double v) { return v; }) / static_cast<double>(count);
}

template <class T>
void lp_normalize_row(int64_t axis, int64_t step, int p, const T* x, T* y) {
  double sum = 0;
  for (int64_t i = 0; i < axis; ++i) {
    const double v = x[i * step];
    sum += p == 1 ? std::abs(v) : v * v;
  }
  const double norm = p == 1 ? sum : std::sqrt(sum);
  for (int64_t i = 0; i < axis; ++i)
    y[i * step] = norm == 0 ? T(0) : static_cast<T>(x[i * step] / norm);
}

}  // namespace

template <class T>
void channel_moments(int64_t batch, int64_t channels, int64_t inner, const T* x, double* mean,
                     double* variance) {
  const auto count = static_cast<double>(batch * inner);
  const auto mean_over_batch = [&](const T* channel, auto sum) {
    double total = 0;
    for (int64_t n = 0; n < batch; ++n) total += sum(channel + n * channels * inner);
    return total / count;
  };
  for (int64_t c = 0; c < channels; ++c, x += inner) {
    mean[c] = mean_over_batch(
        x, [&](const T* row) { return sum_of(inner, row, [](double v) { return v; }); });
    variance[c] =
        mean_over_batch(x, [&](const T* row) { return sum_of_squares(inner, row, mean[c]); });
  }
}

template <class T>
void scale_channels(int64_t batch, int64_t channels, int64_t inner, const T* x,
                    const double* factor, const double* offset, T* y) {
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < inner; ++i) *y++ = static_cast<T>(*x++ * factor[c] + offset[c]);
}

template <class T>
void standardize(int64_t rows, int64_t inner, bool centered, double epsilon, const T* x, T* y,
                 double* mean, double* inverse_deviation) {
  for (int64_t row = 0; row < rows; ++row, x += inner, y += inner) {
    const double center = centered ? mean_of(inner, x) : 0;
    const double variance = sum_of_squares(inner, x, center) / static_cast<double>(inner);
    const double inverse = 1 / std::sqrt(variance + epsilon);
    for (int64_t i = 0; i < inner; ++i) y[i] = static_cast<T>((x[i] - center) * inverse);
    if (mean != nullptr) mean[row] = center;
    if (inverse_deviation != nullptr) inverse_deviation[row] = inverse;
  }
}

template <class T>
void normalize_groups(const StridedLoop<2>& loop, int64_t groups, int64_t count, double epsilon,
                      const T* x, T* y) {
  const auto size = static_cast<std::size_t>(groups);
  const auto [group_step, step] = loop.row_strides();
  // f(offset of the group, offset of the element)
  const auto each = [&, group_step = group_step, step = step](auto f) {
    loop.each_row([&](const auto& offsets) {
      for (int64_t i = 0; i < loop.row_length(); ++i)
        f(static_cast<std::size_t>(offsets[0] + i * group_step), offsets[1] + i * step);
    });
  };
  std::vector<double> mean(size, 0.0), deviation(size, 0.0);
  each([&](std::size_t g, int64_t i) { mean[g] += x[i]; });
  for (double& value : mean) value /= static_cast<double>(count);
  each([&](std::size_t g, int64_t i) { deviation[g] += (x[i] - mean[g]) * (x[i] - mean[g]); });
  for (double& value : deviation) value = std::sqrt(value / static_cast<double>(count)) + epsilon;
  each([&](std::size_t g, int64_t i) { y[i] = static_cast<T>((x[i] - mean[g]) / deviation[g]); });
}

template <class T>
void lp_normalize(int64_t outer, int64_t axis, int64_t inner, int p, const T* x, T* y) {
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i)
      lp_normalize_row(axis, inner, p, x + o * axis * inner + i, y + o * axis * inner + i);
}

template <class T>
void local_response(const LocalResponse& p, int64_t batch, int64_t channels, int64_t inner,
                    const T* x, T* y) {
  const int64_t before = (p.size - 1) / 2;
  const double alpha = p.alpha / static_cast<double>(p.size);
  std::vector<double> sums(static_cast<std::size_t>(inner));
  for (int64_t n = 0; n < batch; ++n, x += channels * inner)
    for (int64_t c = 0; c < channels; ++c) {
      std::fill(sums.begin(), sums.end(), 0.0);
      const int64_t end = c + std::min(channels - c, p.size - before);
      for (int64_t k = std::max<int64_t>(0, c - before); k < end; ++k)
        for (int64_t i = 0; i < inner; ++i) {
          const double v = x[k * inner + i];
          sums[static_cast<std::size_t>(i)] += v * v;
        }
      for (int64_t i = 0; i < inner; ++i) {
        const double base = p.bias + alpha * sums[static_cast<std::size_t>(i)];
        *y++ = static_cast<T>(x[c * inner + i] / std::pow(base, p.beta));
      }
    }
}

template void channel_moments(int64_t, int64_t, int64_t, const float*, double*, double*);
template void channel_moments(int64_t, int64_t, int64_t, const double*, double*, double*);
template void scale_channels(int64_t, int64_t, int64_t, const float*, const double*, const double*,
                             float*);
template void scale_channels(int64_t, int64_t, int64_t, const double*, const double*, const double*,
                             double*);
template void standardize(int64_t, int64_t, bool, double, const float*, float*, double*, double*);
template void standardize(int64_t, int64_t, bool, double, const double*, double*, double*, double*);
template void normalize_groups(const StridedLoop<2>&, int64_t, int64_t, double, const float*,
                               float*);
template void normalize_groups(const StridedLoop<2>&, int64_t, int64_t, double, const double*,
                               double*);
template void lp_normalize(int64_t, int64_t, int64_t, int, const float*, float*);
template void lp_normalize(int64_t, int64_t, int64_t, int, const double*, double*);
template void local_response(const LocalResponse&, int64_t, int64_t, int64_t, const float*, float*);
template void local_response(const LocalResponse&, int64_t, int64_t, int64_t, const double*,
                             double*);

}  // namespace qtool::reference
