// Rows of any length in whole vectors, for one instruction set at a time; see lanes-inl.h.
#if defined(QTOOL_SIMD_ROWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QTOOL_SIMD_ROWS_INL
#undef QTOOL_SIMD_ROWS_INL
#else
#define QTOOL_SIMD_ROWS_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(d, i) for vectors of elements [i, i + Lanes(d)) that cover [0, count). The last vector
/// is moved back to end there, so that some elements may come twice; where there is not enough for
/// one vector, elements come alone.
template <class D, class F>
HWY_INLINE void cover_row(D d, int64_t count, const F& f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (count < lanes) {
    for (int64_t i = 0; i < count; ++i) f(hn::CappedTag<hn::TFromD<D>, 1>(), i);
    return;
  }
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) f(d, i);
  if (i < count) f(d, count - lanes);
}

/// The same, but every element comes once: the last ones alone. For what works in place.
template <class D, class F>
HWY_INLINE void walk_row(D d, int64_t count, const F& f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) f(d, i);
  for (; i < count; ++i) f(hn::CappedTag<hn::TFromD<D>, 1>(), i);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // QTOOL_SIMD_ROWS_INL
