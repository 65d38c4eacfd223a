#include "kernels/simd/quantize.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/quantize.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;

// One vector of x.
template <class T, class D>
HWY_INLINE void quantize_lanes(D d, hn::VFromD<D> scale, const SaturateLanes<T, D>& saturate,
                               const float* x, T* y) {
  const hn::Rebind<T, D> narrow;
  const auto q = saturate(hn::Div(hn::LoadU(d, x), scale));
  if constexpr (hn::MaxLanes(D()) == 1)
    *y = static_cast<T>(hn::GetLane(q));
  else
    hn::StoreU(hn::DemoteTo(narrow, q), narrow, y);
}

// A run of elements of the same parameters.
template <class T>
HWY_INLINE void quantize_run(int64_t count, float scale, int32_t zero_point, const float* x, T* y) {
  const F d;
  const auto n = static_cast<int64_t>(hn::Lanes(d));
  const auto step = hn::Set(d, scale);
  const SaturateLanes<T, F> saturate(d, zero_point);
  int64_t i = 0;
  if constexpr (sizeof(T) == 1) {
    const auto at = [&](int64_t k)
                        HWY_ATTR { return saturate(hn::Div(hn::LoadU(d, x + k), step)); };
    for (; i + 4 * n <= count; i += 4 * n)
      store_narrow(at(i), at(i + n), at(i + 2 * n), at(i + 3 * n), y + i);
  }
  for (; i + n <= count; i += n) quantize_lanes<T>(d, step, saturate, x + i, y + i);
  const hn::CappedTag<float, 1> one;
  const SaturateLanes<T, decltype(hn::CappedTag<float, 1>())> saturate_one(one, zero_point);
  for (; i < count; ++i) quantize_lanes<T>(one, hn::Set(one, scale), saturate_one, x + i, y + i);
}

template <class T>
HWY_INLINE void dequantize_run(int64_t count, float scale, int32_t zero_point, const T* x,
                               float* y) {
  walk_row(F(), count, [&](auto d, int64_t i) HWY_ATTR {
    using D = decltype(d);
    const hn::RebindToSigned<D> d32;
    const auto q = hn::PromoteTo(d32, hn::LoadU(hn::Rebind<T, D>(), x + i));
    const auto difference = hn::Sub(q, hn::Set(d32, zero_point));
    hn::StoreU(hn::Mul(hn::ConvertTo(d, difference), hn::Set(d, scale)), d, y + i);
  });
}

template <class T>
void quantize_all(const Channels& s, const float* scale, const int32_t* zero_point, const float* x,
                  T* y) {
  for (int64_t o = 0; o < s.outer; ++o)
    for (int64_t c = 0; c < s.channels; ++c, x += s.inner, y += s.inner)
      quantize_run(s.inner, scale[c], zero_point[c], x, y);
}
template <class T>
void dequantize_all(const Channels& s, const float* scale, const int32_t* zero_point, const T* x,
                    float* y) {
  for (int64_t o = 0; o < s.outer; ++o)
    for (int64_t c = 0; c < s.channels; ++c, x += s.inner, y += s.inner)
      dequantize_run(s.inner, scale[c], zero_point[c], x, y);
}

#define QTOOL_QUANTIZE(Name, T)                                                           \
  void Quantize##Name(const Channels& s, const float* scale, const int32_t* zero_point,   \
                      const float* x, T* y) {                                             \
    quantize_all(s, scale, zero_point, x, y);                                             \
  }                                                                                       \
  void Dequantize##Name(const Channels& s, const float* scale, const int32_t* zero_point, \
                        const T* x, float* y) {                                           \
    dequantize_all(s, scale, zero_point, x, y);                                           \
  }
QTOOL_QUANTIZE(U8, uint8_t)
QTOOL_QUANTIZE(S8, int8_t)
QTOOL_QUANTIZE(U16, uint16_t)
QTOOL_QUANTIZE(S16, int16_t)
#undef QTOOL_QUANTIZE

void Range(int64_t count, const float* x, float* low, float* high) {
  const F all;
  auto least = hn::Zero(all);
  auto most = hn::Zero(all);
  const auto n = static_cast<int64_t>(hn::Lanes(all));
  int64_t i = 0;
  for (; i + n <= count; i += n) {
    const auto value = hn::LoadU(all, x + i);
    least = hn::IfThenElse(hn::Lt(value, least), value, least);
    most = hn::IfThenElse(hn::Gt(value, most), value, most);
  }
  HWY_ALIGN float lows[hn::MaxLanes(F())];
  HWY_ALIGN float highs[hn::MaxLanes(F())];
  hn::Store(least, all, lows);
  hn::Store(most, all, highs);
  *low = *std::min_element(lows, lows + n);
  *high = *std::max_element(highs, highs + n);
  for (; i < count; ++i) {
    *low = x[i] < *low ? x[i] : *low;
    *high = x[i] > *high ? x[i] : *high;
  }
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

#define QTOOL_QUANTIZE(Name, T)                                                                   \
  HWY_EXPORT(Quantize##Name);                                                                     \
  HWY_EXPORT(Dequantize##Name);                                                                   \
  template <>                                                                                     \
  void quantize(const Channels& s, const float* scale, const int32_t* zero_point, const float* x, \
                T* y) {                                                                           \
    HWY_DYNAMIC_DISPATCH(Quantize##Name)(s, scale, zero_point, x, y);                             \
  }                                                                                               \
  template <>                                                                                     \
  void dequantize(const Channels& s, const float* scale, const int32_t* zero_point, const T* x,   \
                  float* y) {                                                                     \
    HWY_DYNAMIC_DISPATCH(Dequantize##Name)(s, scale, zero_point, x, y);                           \
  }
QTOOL_QUANTIZE(U8, uint8_t)
QTOOL_QUANTIZE(S8, int8_t)
QTOOL_QUANTIZE(U16, uint16_t)
QTOOL_QUANTIZE(S16, int16_t)
#undef QTOOL_QUANTIZE

HWY_EXPORT(Range);
std::pair<float, float> range_of(int64_t count, const float* x) {
  std::pair<float, float> range;
  HWY_DYNAMIC_DISPATCH(Range)(count, x, &range.first, &range.second);
  return range;
}

}  // namespace qtool::simd
#endif
