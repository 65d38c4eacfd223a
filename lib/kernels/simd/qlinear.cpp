#include "kernels/simd/qlinear.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/qlinear.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;

template <class D>
HWY_INLINE hn::VFromD<D> real(D d, const ByteScale& s, hn::VFromD<hn::RebindToSigned<D>> q) {
  const auto centered = hn::Sub(q, hn::Set(hn::RebindToSigned<D>(), s.zero_point));
  return hn::Mul(hn::ConvertTo(d, centered), hn::Set(d, s.scale));
}

// One operand: a row, or one element of it for all.
template <class T>
struct Operand {
  ByteScale scale;
  const T* data;
  int64_t step;

  template <class D>
  HWY_INLINE hn::VFromD<D> load(D d, int64_t i) const {
    const hn::RebindToSigned<D> d32;
    if (step == 0) return real(d, scale, hn::Set(d32, *data));
    return real(d, scale, hn::PromoteTo(d32, hn::LoadU(hn::Rebind<T, D>(), data + i)));
  }
};

template <class T, class D>
HWY_INLINE auto compute(D d, const QLinearRule& rule, const Operand<T>& a, const Operand<T>& b,
                        int64_t i) {
  const auto x = a.load(d, i);
  const auto y = b.load(d, i);
  const auto z = rule.f == QLinear::kAdd ? hn::Add(x, y) : hn::Mul(x, y);
  const SaturateLanes<T, D> saturate(d, rule.y.zero_point);
  return saturate(hn::Div(z, hn::Set(d, rule.y.scale)));
}

template <class T>
HWY_INLINE void run(const QLinearRule& rule, int64_t count, const Operand<T>& a,
                    const Operand<T>& b, T* y) {
  const F d;
  const auto n = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + 4 * n <= count; i += 4 * n)
    store_narrow(compute(d, rule, a, b, i), compute(d, rule, a, b, i + n),
                 compute(d, rule, a, b, i + 2 * n), compute(d, rule, a, b, i + 3 * n), y + i);
  for (; i < count; ++i)
    y[i] = static_cast<T>(hn::GetLane(compute(hn::CappedTag<float, 1>(), rule, a, b, i)));
}

void QLinearU8(const QLinearRule& rule, int64_t count, const uint8_t* a, int64_t a_step,
               const uint8_t* b, int64_t b_step, uint8_t* y) {
  run<uint8_t>(rule, count, {rule.a, a, a_step}, {rule.b, b, b_step}, y);
}
void QLinearS8(const QLinearRule& rule, int64_t count, const int8_t* a, int64_t a_step,
               const int8_t* b, int64_t b_step, int8_t* y) {
  run<int8_t>(rule, count, {rule.a, a, a_step}, {rule.b, b, b_step}, y);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(QLinearU8);
HWY_EXPORT(QLinearS8);

template <>
void qlinear_row(const QLinearRule& rule, int64_t count, const uint8_t* a, int64_t a_step,
                 const uint8_t* b, int64_t b_step, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(QLinearU8)(rule, count, a, a_step, b, b_step, y);
}
template <>
void qlinear_row(const QLinearRule& rule, int64_t count, const int8_t* a, int64_t a_step,
                 const int8_t* b, int64_t b_step, int8_t* y) {
  HWY_DYNAMIC_DISPATCH(QLinearS8)(rule, count, a, a_step, b, b_step, y);
}

}  // namespace qtool::simd
#endif
