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

/// The widest block, and whether bytes can be multiplied in fours.
void DepthwiseAbility(int64_t* width, bool* quads) {
  constexpr std::size_t kBytes = hn::MaxLanes(hn::ScalableTag<uint8_t>());
  *width = HWY_TARGET == HWY_SCALAR ? 0 : static_cast<int64_t>(kBytes);
  *quads = HWY_TARGET == HWY_AVX3_DL;
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

// Stores a block whose lanes are in the order of the accumulators.
template <class T, class V>
HWY_INLINE void store_block(V a, V b, V c, V d, T* y) {
  hn::StoreU(pack_blocks<T>(a, b, c, d), hn::Repartition<T, hn::DFromV<V>>(), y);
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
HWY_INLINE void store_block(V a, V b, V c, V d, float* y) {
  store_wide_block(a, b, c, d, y);
}
template <class V>
HWY_INLINE void store_block(V a, V b, V c, V d, int32_t* y) {
  store_wide_block(a, b, c, d, y);
}

template <class D8, bool kQuads, bool kSigned, class Y>
HWY_INLINE void run_block(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
  const D8 d8;
  using D = hn::Repartition<int32_t, D8>;
  const D d;
  const hn::RebindToFloat<D> df;
  const std::size_t n = hn::Lanes(d);
  constexpr int64_t kGroup = kQuads ? 4 : 2;
  const OutputLanes<Y, decltype(df)> output(df, run.zero_point);
  Y* y = run.y + block.channel;
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel, y += run.channels) {
    Accumulators<D> sums = {hn::LoadU(d, block.start), hn::LoadU(d, block.start + n),
                            hn::LoadU(d, block.start + 2 * n), hn::LoadU(d, block.start + 3 * n)};
    const int64_t offset = pixel * run.step + block.channel;
    const int32_t* w = block.weights;
    for (int64_t t = 0; t < run.taps; t += kGroup, w += 4 * n) {
      if constexpr (kQuads)
        add_quad_group<kSigned>(d8, d, run.inputs + t, offset, w, sums);
      else
        add_pair_group<kSigned>(d8, d, run.inputs + t, offset, w, sums);
    }
    const auto rule = [&](auto sum, std::size_t at) HWY_ATTR {
      if constexpr (std::is_same_v<Y, int32_t>)
        return sum;
      else
        return output.numbers(
            hn::Mul(hn::ConvertTo(df, sum), hn::LoadU(df, block.multiplier + at)));
    };
    store_block(rule(sums.a, 0), rule(sums.b, n), rule(sums.c, 2 * n), rule(sums.d, 3 * n), y);
  }
}

template <std::size_t kBytes, bool kSigned, class Y>
HWY_INLINE void run_width(const DepthwiseRun<Y>& run, const DepthwiseBlock& block) {
  using D8 = hn::CappedTag<uint8_t, kBytes>;
  if constexpr (HWY_TARGET == HWY_AVX3_DL)
    if (run.quads) return run_block<D8, true, kSigned>(run, block);
  run_block<D8, false, kSigned>(run, block);
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

void depthwise_ability(int64_t* width, bool* quads) {
  HWY_DYNAMIC_DISPATCH(DepthwiseAbility)(width, quads);
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
