#include "kernels/simd/requantize.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/requantize.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;
using I = hn::RebindToSigned<F>;

template <class T>
using Rule = OutputLanes<T, F>;

// Four vectors of channels.
template <class T>
HWY_INLINE void requantize_block(const int32_t* acc, const int32_t* bias, const float* multiplier,
                                 const Rule<T>& rule, T* y) {
  const std::size_t n = hn::Lanes(F());
  const auto at = [&](std::size_t i) HWY_ATTR {
    auto sum = hn::LoadU(I(), acc + i);
    if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(I(), bias + i));
    return rule(hn::Mul(hn::ConvertTo(F(), sum), hn::LoadU(F(), multiplier + i)));
  };
  store_narrow(at(0), at(n), at(2 * n), at(3 * n), y);
}

template <class T>
void requantize_rows(const Sums& sums, const int32_t* bias, const float* multiplier,
                     int32_t zero_point, T* y, int64_t y_stride) {
  constexpr int64_t kBlock = 4 * static_cast<int64_t>(hn::MaxLanes(F()));
  const Rule<T> rule(F(), zero_point);
  const int64_t whole = sums.channels / kBlock * kBlock;
  const int64_t rest = sums.channels - whole;
  HWY_ALIGN int32_t last_acc[kBlock] = {};
  HWY_ALIGN int32_t last_bias[kBlock] = {};
  HWY_ALIGN float last_multiplier[kBlock] = {};
  HWY_ALIGN T last[kBlock];
  std::copy_n(multiplier + whole, rest, last_multiplier);
  if (bias != nullptr) std::copy_n(bias + whole, rest, last_bias);
  for (int64_t r = 0; r < sums.rows; ++r, y += y_stride) {
    const int32_t* acc = sums.data + r * sums.stride;
    for (int64_t c = 0; c < whole; c += kBlock)
      requantize_block(acc + c, bias == nullptr ? nullptr : bias + c, multiplier + c, rule, y + c);
    if (rest == 0) continue;
    std::copy_n(acc + whole, rest, last_acc);
    requantize_block(last_acc, last_bias, last_multiplier, rule, last);
    std::copy_n(last, rest, y + whole);
  }
}

void RequantizeU8(const Sums& sums, const int32_t* bias, const float* multiplier,
                  int32_t zero_point, uint8_t* y, int64_t y_stride) {
  requantize_rows(sums, bias, multiplier, zero_point, y, y_stride);
}
void RequantizeS8(const Sums& sums, const int32_t* bias, const float* multiplier,
                  int32_t zero_point, int8_t* y, int64_t y_stride) {
  requantize_rows(sums, bias, multiplier, zero_point, y, y_stride);
}
void RequantizeFloat(const Sums& sums, const int32_t* bias, const float* multiplier,
                     int32_t zero_point, float* y, int64_t y_stride) {
  requantize_rows(sums, bias, multiplier, zero_point, y, y_stride);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(RequantizeU8);
HWY_EXPORT(RequantizeS8);
HWY_EXPORT(RequantizeFloat);

template <>
void requantize(const Sums& sums, const int32_t* bias, const float* multiplier, int32_t zero_point,
                uint8_t* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(RequantizeU8)(sums, bias, multiplier, zero_point, y, y_stride);
}
template <>
void requantize(const Sums& sums, const int32_t* bias, const float* multiplier, int32_t zero_point,
                int8_t* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(RequantizeS8)(sums, bias, multiplier, zero_point, y, y_stride);
}
template <>
void requantize(const Sums& sums, const int32_t* bias, const float* multiplier, int32_t zero_point,
                float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(RequantizeFloat)(sums, bias, multiplier, zero_point, y, y_stride);
}

}  // namespace qtool::simd
#endif
