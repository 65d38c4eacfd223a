// Vector forms of what base/saturate.h does, for one instruction set at a time; included by
// kernels between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of Highway's scheme.
#if defined(QTOOL_SIMD_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QTOOL_SIMD_LANES_INL
#undef QTOOL_SIMD_LANES_INL
#else
#define QTOOL_SIMD_LANES_INL
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Saturate<T>: saturate(round_half_even(x) + zero_point) as int32, where x may be anything.
/// D: the tag of float vectors.
template <class T, class D>
class SaturateLanes {
 public:
  using I = hn::RebindToSigned<D>;
  SaturateLanes(D d, int32_t zero_point)
      : d_(d),
        low_(hn::Set(d, static_cast<float>(std::numeric_limits<T>::min() - zero_point))),
        high_(hn::Set(d, static_cast<float>(std::numeric_limits<T>::max() - zero_point))),
        integers_(hn::Set(d, 12582912.0F)),
        offset_(hn::Set(I(), 0x4B400000 - zero_point)) {}

  hn::VFromD<I> operator()(hn::VFromD<D> x) const {
    return numbers(hn::IfThenElseZero(hn::Eq(x, x), x));
  }
  /// The same for an x without NaN. Near 1.5 * 2^23 the bits of a float are an integer's.
  hn::VFromD<I> numbers(hn::VFromD<D> x) const {
    x = hn::Min(hn::Max(x, low_), high_);
    return hn::Sub(hn::BitCast(I(), hn::Add(x, integers_)), offset_);
  }

 private:
  D d_;
  hn::VFromD<D> low_, high_, integers_;
  hn::VFromD<I> offset_;
};

/// What becomes of real numbers: bytes T as int32 by SaturateLanes, or what they are.
template <class T, class D>
class OutputLanes {
 public:
  OutputLanes(D d, int32_t zero_point) : saturate_(d, zero_point) {}
  HWY_INLINE auto operator()(hn::VFromD<D> real) const { return saturate_(real); }
  /// The same for an x without NaN.
  HWY_INLINE auto numbers(hn::VFromD<D> real) const { return saturate_.numbers(real); }

 private:
  SaturateLanes<T, D> saturate_;
};
template <class D>
class OutputLanes<float, D> {
 public:
  OutputLanes(D, int32_t) {}
  HWY_INLINE auto operator()(hn::VFromD<D> real) const { return real; }
  HWY_INLINE auto numbers(hn::VFromD<D> real) const { return real; }
};

#if HWY_TARGET == HWY_SCALAR

/// Writes four vectors of int32 that T holds, one behind the other.
template <class T, class V>
HWY_INLINE void store_narrow(V a, V b, V c, V d, T* y) {
  y[0] = static_cast<T>(hn::GetLane(a));
  y[1] = static_cast<T>(hn::GetLane(b));
  y[2] = static_cast<T>(hn::GetLane(c));
  y[3] = static_cast<T>(hn::GetLane(d));
}

#else

HWY_INLINE __m128i pack_bytes(uint8_t, __m128i a, __m128i b) { return _mm_packus_epi16(a, b); }
HWY_INLINE __m128i pack_bytes(int8_t, __m128i a, __m128i b) { return _mm_packs_epi16(a, b); }
#if HWY_TARGET <= HWY_AVX2
HWY_INLINE __m256i pack_bytes(uint8_t, __m256i a, __m256i b) { return _mm256_packus_epi16(a, b); }
HWY_INLINE __m256i pack_bytes(int8_t, __m256i a, __m256i b) { return _mm256_packs_epi16(a, b); }
#endif
#if HWY_TARGET <= HWY_AVX3
HWY_INLINE __m512i pack_bytes(uint8_t, __m512i a, __m512i b) { return _mm512_packus_epi16(a, b); }
HWY_INLINE __m512i pack_bytes(int8_t, __m512i a, __m512i b) { return _mm512_packs_epi16(a, b); }
#endif

/// Bytes of four vectors of int32 that T holds. Each block of 16 has 4 from the same block of each.
template <class T, class V>
HWY_INLINE auto pack_blocks(V a, V b, V c, V d) {
  const hn::Repartition<int16_t, hn::DFromV<V> > d16;
  const auto low = hn::ReorderDemote2To(d16, a, b);
  const auto high = hn::ReorderDemote2To(d16, c, d);
  return hn::VFromD<hn::Repartition<T, hn::DFromV<V> > >{pack_bytes(T(), low.raw, high.raw)};
}

/// Brings 32-bit lanes of what pack_blocks or a pack of 16 bits gave, `parts` from each block, to
/// the order of its arguments.
template <int kParts, class V>
HWY_INLINE V from_blocks(V packed) {
  const hn::DFromV<V> d;
  const hn::Repartition<int32_t, decltype(d)> d32;
  constexpr std::size_t kLanes = hn::MaxLanes(d32);
  if constexpr (kLanes == 4) {
    return packed;
  } else {
    // A part is 4 / kParts lanes of 32 bits.
    constexpr std::size_t kBlocks = kLanes / 4;
    constexpr std::size_t kPart = 4 / kParts;
    HWY_ALIGN int32_t index[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t part = lane / (kPart * kBlocks);
      const std::size_t block = lane / kPart % kBlocks;
      index[lane] = static_cast<int32_t>(block * 4 + part * kPart + lane % kPart);
    }
    return hn::BitCast(
        d, hn::TableLookupLanes(hn::BitCast(d32, packed), hn::SetTableIndices(d32, index)));
  }
}

template <class T, class V>
HWY_INLINE void store_narrow(V a, V b, V c, V d, T* y) {
  const hn::Repartition<T, hn::DFromV<V> > d8;
  hn::StoreU(from_blocks<4>(pack_blocks<T>(a, b, c, d)), d8, y);
}

#endif

template <class V>
HWY_INLINE void store_narrow(V a, V b, V c, V d, float* y) {
  const hn::DFromV<V> df;
  const std::size_t n = hn::Lanes(df);
  hn::StoreU(a, df, y);
  hn::StoreU(b, df, y + n);
  hn::StoreU(c, df, y + 2 * n);
  hn::StoreU(d, df, y + 3 * n);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // QTOOL_SIMD_LANES_INL
