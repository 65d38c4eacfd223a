#include "kernels/simd/depthwise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/depthwise.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/depthwise_rows.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

/// The widest block, and the products of weights of int8.
void DepthwiseAbility(int64_t* width, DepthwiseProducts* products) {
  constexpr std::size_t kBytes = hn::MaxLanes(hn::ScalableTag<uint8_t>());
  *width = HWY_TARGET == HWY_SCALAR ? 0 : static_cast<int64_t>(kBytes);
  *products = HWY_TARGET == HWY_SCALAR    ? DepthwiseProducts::kPairs
              : HWY_TARGET == HWY_AVX3_DL ? DepthwiseProducts::kQuads
                                          : DepthwiseProducts::kHalves;
}

#if HWY_TARGET != HWY_SCALAR

// A block of channels of one input pixel, as unsigned bytes.
template <bool kSigned, class D>
HWY_INLINE hn::VFromD<D> load_bytes(D d, const uint8_t* x) {
  const auto bytes = hn::LoadU(d, x);
  return kSigned ? hn::Xor(bytes, hn::Set(d, 0x80)) : bytes;
}

template <class D>
struct Accumulators {
  hn::VFromD<D> a, b, c, d;
};

template <bool kSigned, class D8, class D>
HWY_INLINE void add_pair_group(D8 d8, D d, const uint8_t* const* taps, int64_t offset,
                               const int32_t* w, Accumulators<D>& sums) {
  const auto x0 = load_bytes<kSigned>(d8, taps[0] + offset);
  const auto x1 = load_bytes<kSigned>(d8, taps[1] + offset);
  const auto zero = hn::Zero(d8);
  const auto low = hn::InterleaveLower(d8, x0, x1);
  const auto high = hn::InterleaveUpper(d8, x0, x1);
  const std::size_t n = hn::Lanes(d);
  const auto pairs = [d](auto bytes) HWY_ATTR { return hn::BitCast(d, bytes); };
  sums.a = add_pairs(sums.a, pairs(hn::InterleaveLower(d8, low, zero)), hn::LoadU(d, w));
  sums.b = add_pairs(sums.b, pairs(hn::InterleaveUpper(d8, low, zero)), hn::LoadU(d, w + n));
  sums.c = add_pairs(sums.c, pairs(hn::InterleaveLower(d8, high, zero)), hn::LoadU(d, w + 2 * n));
  sums.d = add_pairs(sums.d, pairs(hn::InterleaveUpper(d8, high, zero)), hn::LoadU(d, w + 3 * n));
}

// x0 · w0 + x1 · w1 of unsigned and signed bytes in each 16 bits, which must hold it.
HWY_INLINE __m128i multiply_bytes(__m128i x, __m128i w) { return _mm_maddubs_epi16(x, w); }
#if HWY_TARGET <= HWY_AVX2
HWY_INLINE __m256i multiply_bytes(__m256i x, __m256i w) { return _mm256_maddubs_epi16(x, w); }
#endif
#if HWY_TARGET <= HWY_AVX3
HWY_INLINE __m512i multiply_bytes(__m512i x, __m512i w) { return _mm512_maddubs_epi16(x, w); }
#endif

// Sums of kHalves: in the order of weights.
template <class D16>
struct HalfSums {
  hn::VFromD<D16> low_a, low_b, high_a, high_b;
};

template <bool kSigned, class D8, class D16>
HWY_INLINE void add_half_group(D8 d8, const uint8_t* const* taps, int64_t offset, const int32_t* w,
                               HalfSums<D16>& sums) {
  const auto x0 = load_bytes<kSigned>(d8, taps[0] + offset);
  const auto x1 = load_bytes<kSigned>(d8, taps[1] + offset);
  const auto a = hn::InterleaveLower(d8, x0, x1);
  const auto b = hn::InterleaveUpper(d8, x0, x1);
  const auto* weights = reinterpret_cast<const uint8_t*>(w);
  const std::size_t n = hn::Lanes(d8);
  const auto add = [&](hn::VFromD<D16> sum, auto x, std::size_t vector) HWY_ATTR {
    const auto each = hn::LoadU(d8, weights + vector * n);
    return hn::Add(sum, hn::VFromD<D16>{multiply_bytes(x.raw, each.raw)});
  };
  sums.low_a = add(sums.low_a, a, 0);
  sums.low_b = add(sums.low_b, b, 1);
  sums.high_a = add(sums.high_a, a, 2);
  sums.high_b = add(sums.high_b, b, 3);
}

// Adds low + 16 · high.
template <class D16, class D>
HWY_INLINE void join_halves(D16 d16, const HalfSums<D16>& halves, Accumulators<D>& sums) {
  const auto weights = hn::BitCast(d16, hn::Set(D(), 1 | 16 << 16));
  const auto lower = [&](auto low, auto high)
                         HWY_ATTR { return hn::InterleaveLower(d16, low, high); };
  const auto upper = [&](auto low, auto high)
                         HWY_ATTR { return hn::InterleaveUpper(d16, low, high); };
  const auto add = [&](auto sum, auto pairs) HWY_ATTR {
    return add_pairs(sum, hn::BitCast(D(), pairs), hn::BitCast(D(), weights));
  };
  sums.a = add(sums.a, lower(halves.low_a, halves.high_a));
  sums.b = add(sums.b, upper(halves.low_a, halves.high_a));
  sums.c = add(sums.c, lower(halves.low_b, halves.high_b));
  sums.d = add(sums.d, upper(halves.low_b, halves.high_b));
}

template <bool kSigned, class D8, class D>
HWY_INLINE void add_quad_group(D8 d8, D d, const uint8_t* const* taps, int64_t offset,
                               const int32_t* w, Accumulators<D>& sums) {
  const hn::Repartition<uint16_t, D> d16;
  const auto x0 = load_bytes<kSigned>(d8, taps[0] + offset);
  const auto x1 = load_bytes<kSigned>(d8, taps[1] + offset);
  const auto x2 = load_bytes<kSigned>(d8, taps[2] + offset);
  const auto x3 = load_bytes<kSigned>(d8, taps[3] + offset);
  const auto low01 = hn::BitCast(d16, hn::InterleaveLower(d8, x0, x1));
  const auto low23 = hn::BitCast(d16, hn::InterleaveLower(d8, x2, x3));
  const auto high01 = hn::BitCast(d16, hn::InterleaveUpper(d8, x0, x1));
  const auto high23 = hn::BitCast(d16, hn::InterleaveUpper(d8, x2, x3));
  const std::size_t n = hn::Lanes(d);
  const auto quads = [d](auto words) HWY_ATTR { return hn::BitCast(d, words); };
  sums.a = add_quads(sums.a, quads(hn::InterleaveLower(d16, low01, low23)), hn::LoadU(d, w));
  sums.b = add_quads(sums.b, quads(hn::InterleaveUpper(d16, low01, low23)), hn::LoadU(d, w + n));
  sums.c =
      add_quads(sums.c, quads(hn::InterleaveLower(d16, high01, high23)), hn::LoadU(d, w + 2 * n));
  sums.d =
      add_quads(sums.d, quads(hn::InterleaveUpper(d16, high01, high23)), hn::LoadU(d, w + 3 * n));
}

HWY_INLINE __m128i nearest(__m128 x) { return _mm_cvtps_epi32(x); }
#if HWY_TARGET <= HWY_AVX2
HWY_INLINE __m256i nearest(__m256 x) { return _mm256_cvtps_epi32(x); }
#endif
#if HWY_TARGET <= HWY_AVX3
HWY_INLINE __m512i nearest(__m512 x) { return _mm512_cvtps_epi32(x); }
#endif

// Stores a block of numbers, none NaN, as bytes; the lanes are in the order of the accumulators.
// What lies beyond int32 becomes its ends, and those what T has.
template <class T, class V>
HWY_INLINE void store_block(V a, V b, V c, V d, int32_t zero_point, T* y) {
  const hn::DFromV<V> df;
  const hn::RebindToSigned<decltype(df)> d32;
  const hn::Repartition<int16_t, decltype(df)> d16;
  const auto largest = hn::Set(df, 1 << 30);
  const auto zero = hn::Set(d16, static_cast<int16_t>(zero_point));
  const auto round = [&](V x) HWY_ATTR {
    return hn::VFromD<decltype(d32)>{nearest(hn::Min(x, largest).raw)};
  };
  const auto low = hn::SaturatedAdd(hn::ReorderDemote2To(d16, round(a), round(b)), zero);
  const auto high = hn::SaturatedAdd(hn::ReorderDemote2To(d16, round(c), round(d)), zero);
  const hn::Repartition<T, decltype(df)> d8;
  hn::StoreU(hn::VFromD<decltype(d8)>{pack_bytes(T(), low.raw, high.raw)}, d8, y);
}
// The same for T of 32 bits.
template <class T, class V>
HWY_INLINE void store_wide_block(V a, V b, V c, V d, T* y) {
  const hn::DFromV<V> dv;
  constexpr std::size_t kLanes = hn::MaxLanes(dv);
  HWY_ALIGN T lanes[4 * kLanes];
  hn::Store(a, dv, lanes);
  hn::Store(b, dv, lanes + kLanes);
  hn::Store(c, dv, lanes + 2 * kLanes);
  hn::Store(d, dv, lanes + 3 * kLanes);
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t i = 0; i < kLanes; i += 4)
      std::copy_n(lanes + k * kLanes + i, 4, y + 4 * i + 4 * k);
}
template <class V>
HWY_INLINE void store_block(V a, V b, V c, V d, int32_t, float* y) {
  store_wide_block(a, b, c, d, y);
}
template <class V>
HWY_INLINE void store_block(V a, V b, V c, V d, int32_t, int32_t* y) {
  store_wide_block(a, b, c, d, y);
}

// The first kGroups groups one by one, without a loop.
template <bool kSigned, int64_t kGroups, class D8, class D16>
HWY_INLINE void add_half_groups(D8 d8, const uint8_t* const* inputs, int64_t offset,
                                const int32_t* w, HalfSums<D16>& halves) {
  if constexpr (kGroups > 0) {
    add_half_groups<kSigned, kGroups - 1>(d8, inputs, offset, w, halves);
    constexpr int64_t kLast = kGroups - 1;
    add_half_group<kSigned>(d8, inputs + 2 * kLast, offset, w + kLast * hn::Lanes(d8), halves);
  }
}

// kGroups: how many groups there are; 0: as many as `taps` says.
template <int64_t kGroups, bool kSigned, class D8, class D>
HWY_INLINE void add_halves(D8 d8, int64_t taps, const uint8_t* const* inputs, int64_t offset,
                           const int32_t* w, Accumulators<D>& sums) {
  using D16 = hn::Repartition<int16_t, D8>;
  const D16 d16;
  const auto none = hn::Zero(d16);
  HalfSums<D16> halves = {none, none, none, none};
  if constexpr (kGroups > 0)
    add_half_groups<kSigned, kGroups>(d8, inputs, offset, w, halves);
  else
    for (int64_t t = 0; t < taps; t += 2, w += hn::Lanes(d8))
      add_half_group<kSigned>(d8, inputs + t, offset, w, halves);
  join_halves(d16, halves, sums);
}

// Adds Σ x · w of the pixel `offset` bytes behind the first.
template <DepthwiseProducts kProducts, int64_t kGroups, bool kSigned, class D8, class D, class Y>
HWY_INLINE void add_taps(D8 d8, D d, const DepthwiseRun<Y>& run, const int32_t* w, int64_t offset,
                         Accumulators<D>& sums) {
  const std::size_t block = hn::Lanes(d8);
  if constexpr (kProducts == DepthwiseProducts::kHalves) {
    add_halves<kGroups, kSigned>(d8, run.taps, run.inputs, offset, w, sums);
  } else if constexpr (kProducts == DepthwiseProducts::kQuads) {
    for (int64_t t = 0; t < run.taps; t += 4, w += block)
      add_quad_group<kSigned>(d8, d, run.inputs + t, offset, w, sums);
  } else {
    for (int64_t t = 0; t < run.taps; t += 2, w += block)
      add_pair_group<kSigned>(d8, d, run.inputs + t, offset, w, sums);
  }
}

template <class D8, DepthwiseProducts kProducts, int64_t kGroups, bool kSigned, class Y>
HWY_INLINE void run_block(const DepthwiseRun<Y>& all, const DepthwiseBlock& given) {
  const DepthwiseRun<Y> run = all;  // copies, which bytes written to y cannot be taken to change
  const DepthwiseBlock block = given;
  const D8 d8;
  using D = hn::Repartition<int32_t, D8>;
  const D d;
  const hn::RebindToFloat<D> df;
  const std::size_t n = hn::Lanes(d);
  Y* y = run.y + block.channel;
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel, y += run.channels) {
    Accumulators<D> sums = {hn::LoadU(d, block.start), hn::LoadU(d, block.start + n),
                            hn::LoadU(d, block.start + 2 * n), hn::LoadU(d, block.start + 3 * n)};
    add_taps<kProducts, kGroups, kSigned>(d8, d, run, block.weights,
                                          pixel * run.step + block.channel, sums);
    const auto real = [&](auto sum, std::size_t at) HWY_ATTR {
      if constexpr (std::is_same_v<Y, int32_t>)
        return sum;
      else
        return hn::Mul(hn::ConvertTo(df, sum), hn::LoadU(df, block.multiplier + at));
    };
    store_block(real(sums.a, 0), real(sums.b, n), real(sums.c, 2 * n), real(sums.d, 3 * n),
                run.zero_point, y);
  }
}

template <std::size_t kBytes, bool kSigned, class Y>
HWY_INLINE void run_width(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
  using D8 = hn::CappedTag<uint8_t, kBytes>;
  if constexpr (HWY_TARGET == HWY_AVX3_DL) {
    if (run.products == DepthwiseProducts::kQuads)
      return run_block<D8, DepthwiseProducts::kQuads, 0, kSigned>(run, block);
  } else {
    if (run.products == DepthwiseProducts::kHalves && run.taps == 10)  // 3 × 3 filters
      return run_block<D8, DepthwiseProducts::kHalves, 5, kSigned>(run, block);
    if (run.products == DepthwiseProducts::kHalves)
      return run_block<D8, DepthwiseProducts::kHalves, 0, kSigned>(run, block);
  }
  run_block<D8, DepthwiseProducts::kPairs, 0, kSigned>(run, block);
}

template <bool kSigned, class Y>
void run_vectors(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
  switch (block.width) {
    case 16:
      return run_width<16, kSigned>(run, block);
    case 32:
      return run_width<32, kSigned>(run, block);
    default:
      return run_width<64, kSigned>(run, block);
  }
}

#endif

// Channels one by one.
template <bool kSigned, class Y>
void run_plain(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
  const hn::CappedTag<float, 1> d1;
  const OutputLanes<Y, decltype(d1)> output(d1, run.zero_point);
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel)
    for (int64_t c = 0; c < run.channels; ++c) {
      auto sum = static_cast<uint32_t>(block.start[c]);
      for (int64_t t = 0; t < run.kernel; ++t) {
        const uint32_t x = run.inputs[t][pixel * run.step + c] ^ (kSigned ? 0x80 : 0);
        sum += x * static_cast<uint32_t>(block.weights[c * run.kernel + t]);
      }
      Y& y = run.y[pixel * run.channels + c];
      const auto acc = static_cast<int32_t>(sum);
      if constexpr (std::is_same_v<Y, int32_t>)
        y = acc;
      else
        y = static_cast<Y>(hn::GetLane(
            output.numbers(hn::Set(d1, static_cast<float>(acc) * block.multiplier[c]))));
    }
}

template <class Y>
void run_pixels(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
#if HWY_TARGET != HWY_SCALAR
  if (block.width != 0)
    return run.is_signed ? run_vectors<true>(run, block) : run_vectors<false>(run, block);
#endif
  run.is_signed ? run_plain<true>(run, block) : run_plain<false>(run, block);
}

void DepthwiseU8(const DepthwiseRun<uint8_t>& run, const DepthwiseBlock& block) {
  run_pixels(run, block);
}
void DepthwiseS8(const DepthwiseRun<int8_t>& run, const DepthwiseBlock& block) {
  run_pixels(run, block);
}
void DepthwiseS32(const DepthwiseRun<int32_t>& run, const DepthwiseBlock& block) {
  run_pixels(run, block);
}
void DepthwiseFloat(const DepthwiseRun<float>& run, const DepthwiseBlock& block) {
  run_pixels(run, block);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(DepthwiseAbility);
HWY_EXPORT(DepthwiseU8);
HWY_EXPORT(DepthwiseS8);
HWY_EXPORT(DepthwiseS32);
HWY_EXPORT(DepthwiseFloat);

void depthwise_ability(int64_t* width, DepthwiseProducts* products) {
  HWY_DYNAMIC_DISPATCH(DepthwiseAbility)(width, products);
}
template <>
DepthwiseKernel<uint8_t> depthwise_kernel() {
  return HWY_DYNAMIC_DISPATCH(DepthwiseU8);
}
template <>
DepthwiseKernel<int8_t> depthwise_kernel() {
  return HWY_DYNAMIC_DISPATCH(DepthwiseS8);
}
template <>
DepthwiseKernel<int32_t> depthwise_kernel() {
  return HWY_DYNAMIC_DISPATCH(DepthwiseS32);
}
template <>
DepthwiseKernel<float> depthwise_kernel() {
  return HWY_DYNAMIC_DISPATCH(DepthwiseFloat);
}

}  // namespace qtool::simd
#endif
