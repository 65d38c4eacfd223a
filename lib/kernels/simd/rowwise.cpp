#include "kernels/simd/rowwise.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/rowwise.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"
#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

constexpr std::size_t kParts = 16;
using D = hn::CappedTag<float, kParts>;
constexpr std::size_t kLanes = hn::MaxLanes(D());

// Σ of what f(d, i) gives for vectors of elements from i on. f may write, too.
template <class F>
HWY_INLINE float sum_of(int64_t size, const F& f) {
  const D d;
  hn::VFromD<D> sums[kParts / kLanes];
  for (auto& sum : sums) sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + static_cast<int64_t>(kParts) <= size; i += kParts)
    for (std::size_t k = 0; k < kParts / kLanes; ++k)
      sums[k] = hn::Add(sums[k], f(d, i + static_cast<int64_t>(k * kLanes)));
  HWY_ALIGN float parts[kParts];
  for (std::size_t k = 0; k < kParts / kLanes; ++k) hn::Store(sums[k], d, parts + k * kLanes);
  for (std::size_t part = 0; i < size; ++i, ++part)
    parts[part] += hn::GetLane(f(hn::CappedTag<float, 1>(), i));
  for (std::size_t step = kParts / 2; step > 0; step /= 2)
    for (std::size_t k = 0; k < step; ++k) parts[k] += parts[k + step];
  return parts[0];
}

// What is normalized: x itself, or the sum of it and what there is besides, which is written.
HWY_INLINE const float* summed_row(const NormalizeRows& a, int64_t row) {
  const float* x = a.x + row * a.size;
  if (a.skip == nullptr && a.skip_bias == nullptr) return x;
  float* sum = a.sum + row * a.size;
  const float* skip = a.skip == nullptr ? nullptr : a.skip + row * a.size;
  walk_row(D(), a.size, [&](auto d, int64_t i) HWY_ATTR {
    auto value = hn::LoadU(d, x + i);
    if (skip != nullptr) value = hn::Add(value, hn::LoadU(d, skip + i));
    if (a.skip_bias != nullptr) value = hn::Add(value, hn::LoadU(d, a.skip_bias + i));
    hn::StoreU(value, d, sum + i);
  });
  return sum;
}

HWY_INLINE void scale_row(const NormalizeRows& a, const float* x, float mean, float inverse,
                          float* y) {
  walk_row(D(), a.size, [&](auto d, int64_t i) HWY_ATTR {
    auto value = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean)), hn::Set(d, inverse));
    if (a.scale != nullptr) value = hn::Mul(value, hn::LoadU(d, a.scale + i));
    if (a.bias != nullptr) value = hn::Add(value, hn::LoadU(d, a.bias + i));
    hn::StoreU(value, d, y + i);
  });
}

void Normalize(const NormalizeRows& a) {
  const auto size = static_cast<float>(a.size);
  for (int64_t row = 0; row < a.rows; ++row) {
    const float* x = summed_row(a, row);
    float mean = 0;
    if (a.centered)
      mean = sum_of(a.size, [&](auto d, int64_t i) HWY_ATTR { return hn::LoadU(d, x + i); }) / size;
    const float squares = sum_of(a.size, [&](auto d, int64_t i) HWY_ATTR {
      const auto difference = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
      return hn::Mul(difference, difference);
    });
    const float inverse = 1 / std::sqrt(squares / size + a.epsilon);
    scale_row(a, x, mean, inverse, a.y + row * a.size);
    if (a.mean != nullptr) a.mean[row] = mean;
    if (a.inverse_deviation != nullptr) a.inverse_deviation[row] = inverse;
  }
}

// The largest element as std::max finds it from the first one on, but for where NaN stands.
HWY_INLINE float largest_of(int64_t size, const float* x) {
  const D all;
  if (size < static_cast<int64_t>(kLanes)) {
    float most = x[0];
    for (int64_t i = 1; i < size; ++i) most = most < x[i] || x[i] != x[i] ? x[i] : most;
    return most;
  }
  auto most = hn::LoadU(all, x);
  const auto take = [&](int64_t i) HWY_ATTR {
    const auto value = hn::LoadU(all, x + i);
    most = hn::IfThenElse(hn::Or(hn::Lt(most, value), hn::Ne(value, value)), value, most);
  };
  int64_t i = kLanes;
  for (; i + static_cast<int64_t>(kLanes) <= size; i += kLanes) take(i);
  if (i < size) take(size - static_cast<int64_t>(kLanes));
  HWY_ALIGN float lanes[kLanes];
  hn::Store(most, all, lanes);
  float result = lanes[0];
  for (const float lane : lanes) result = result < lane || lane != lane ? lane : result;
  return result;
}

void Softmax(int64_t rows, int64_t size, const float* x, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += size, y += size) {
    const float most = largest_of(size, x);
    const float sum = sum_of(size, [&](auto d, int64_t i) HWY_ATTR {
      const auto e = exp_of(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, most)));
      hn::StoreU(e, d, y + i);
      return e;
    });
    const float share = 1 / sum;
    walk_row(D(), size, [&](auto d, int64_t i) HWY_ATTR {
      hn::StoreU(hn::Mul(hn::LoadU(d, y + i), hn::Set(d, share)), d, y + i);
    });
  }
}

void LogSoftmax(int64_t rows, int64_t size, const float* x, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += size, y += size) {
    const float most = largest_of(size, x);
    const float sum = sum_of(size, [&](auto d, int64_t i) HWY_ATTR {
      return exp_of(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, most)));
    });
    const float log_sum = std::log(sum);
    walk_row(D(), size, [&](auto d, int64_t i) HWY_ATTR {
      const auto below = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, most));
      hn::StoreU(hn::Sub(below, hn::Set(d, log_sum)), d, y + i);
    });
  }
}

void Sum(int64_t rows, int64_t size, const float* x, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += size)
    y[row] = sum_of(size, [&](auto d, int64_t i) HWY_ATTR { return hn::LoadU(d, x + i); });
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(Normalize);
HWY_EXPORT(Softmax);
HWY_EXPORT(LogSoftmax);
HWY_EXPORT(Sum);

void normalize_rows(const NormalizeRows& args) { HWY_DYNAMIC_DISPATCH(Normalize)(args); }
void softmax_rows(int64_t rows, int64_t size, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(Softmax)(rows, size, x, y);
}
void log_softmax_rows(int64_t rows, int64_t size, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(LogSoftmax)(rows, size, x, y);
}
void sum_rows(int64_t rows, int64_t size, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(Sum)(rows, size, x, y);
}

}  // namespace qtool::simd
#endif
