// Products of small integers in lanes of 32 bits, for one instruction set at a time; see
// lanes-inl.h.
#if defined(QTOOL_SIMD_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QTOOL_SIMD_PRODUCTS_INL
#undef QTOOL_SIMD_PRODUCTS_INL
#else
#define QTOOL_SIMD_PRODUCTS_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Whether add_quads may be used.
inline constexpr bool kHasQuads = HWY_TARGET == HWY_AVX3_DL;

/// sum + x0 · w0 + x1 · w1 for the two int16 in each lane of int32; wraps around.
template <class V>
HWY_INLINE V add_pairs(V sum, V x, V w) {
#if HWY_TARGET == HWY_SCALAR
  const auto half = [](V v, int shift) {
    return static_cast<int32_t>(
        static_cast<int16_t>(static_cast<uint32_t>(hn::GetLane(v)) >> shift));
  };
  const int32_t products = half(x, 0) * half(w, 0) + half(x, 16) * half(w, 16);
  return hn::Add(sum, hn::Set(hn::DFromV<V>(), products));
#else
  const hn::Repartition<int16_t, hn::DFromV<V> > d16;
  V none = hn::Zero(hn::DFromV<V>());
  // On x86 a lane gets the two products that lie in it.
  return hn::ReorderWidenMulAccumulate(hn::DFromV<V>(), hn::BitCast(d16, x), hn::BitCast(d16, w),
                                       sum, none);
#endif
}

/// The same for four uint8 of x and int8 of w in each lane.
template <class V>
HWY_INLINE V add_quads(V sum, V x, V w) {
#if HWY_TARGET == HWY_AVX3_DL
  asm("%{evex%} vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "vm"(w.raw));
#endif
  static_cast<void>(x);
  static_cast<void>(w);
  return sum;
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // QTOOL_SIMD_PRODUCTS_INL
