#include "kernels/simd/integer_tile.h"

#include <array>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/integer_tile.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/products-inl.h"
#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using D = hn::ScalableTag<int32_t>;
constexpr int64_t kLanes = hn::MaxLanes(D());

// Sums of kRows windows and kVectors vectors of channels, which fit into 16 registers.
template <int kRows, int kVectors>
HWY_INLINE void multiply_tile(const TileRun& run, int64_t first) {
  const D d;
  int32_t* const sums = run.sums + first * run.stride;
  std::array<std::array<hn::VFromD<D>, kVectors>, kRows> acc;
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v)
      acc[r][v] = run.accumulate ? hn::LoadU(d, sums + r * run.stride + v * kLanes) : hn::Zero(d);
  const int32_t* w = run.weights;
  for (const Piece* piece = run.pieces; piece != run.pieces + run.piece_count; ++piece) {
    std::array<const int16_t*, kRows> x;
    for (int r = 0; r < kRows; ++r) x[r] = run.x + run.starts[first + r] + piece->offset;
    for (int64_t k = 0; k < 2 * piece->pairs; k += 2, w += kVectors * kLanes) {
      std::array<hn::VFromD<D>, kVectors> weights;
      for (int v = 0; v < kVectors; ++v) weights[v] = hn::LoadU(d, w + v * kLanes);
      for (int r = 0; r < kRows; ++r) {
        int32_t pair;
        std::memcpy(&pair, x[r] + k, sizeof(pair));
        const auto both = hn::Set(d, pair);
        for (int v = 0; v < kVectors; ++v) acc[r][v] = add_pairs(acc[r][v], both, weights[v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(acc[r][v], d, sums + r * run.stride + v * kLanes);
}

template <int kVectors>
HWY_INLINE void multiply_rows(const TileRun& run) {
  int64_t i = 0;
  for (; i + 6 <= run.windows; i += 6) multiply_tile<6, kVectors>(run, i);
  switch (run.windows - i) {
    case 1:
      return multiply_tile<1, kVectors>(run, i);
    case 2:
      return multiply_tile<2, kVectors>(run, i);
    case 3:
      return multiply_tile<3, kVectors>(run, i);
    case 4:
      return multiply_tile<4, kVectors>(run, i);
    case 5:
      return multiply_tile<5, kVectors>(run, i);
    default:
      return;
  }
}

void MultiplyTiles(const TileRun& run) {
  run.vectors == 1 ? multiply_rows<1>(run) : multiply_rows<kTileVectors>(run);
}

template <class T>
HWY_INLINE void widen(const uint8_t* x, int32_t zero_point, int64_t count, int16_t* y) {
  const auto* from = reinterpret_cast<const T*>(x);
  cover_row(hn::ScalableTag<int16_t>(), count, [&](auto d, int64_t i) HWY_ATTR {
    const auto wide = hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, decltype(d)>(), from + i));
    hn::StoreU(hn::Sub(wide, hn::Set(d, static_cast<int16_t>(zero_point))), d, y + i);
  });
}
void WidenU8(const uint8_t* x, int32_t zero_point, int64_t count, int16_t* y) {
  widen<uint8_t>(x, zero_point, count, y);
}
void WidenS8(const uint8_t* x, int32_t zero_point, int64_t count, int16_t* y) {
  widen<int8_t>(x, zero_point, count, y);
}

int64_t TileLanes() { return kLanes; }

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(MultiplyTiles);
HWY_EXPORT(WidenU8);
HWY_EXPORT(WidenS8);
HWY_EXPORT(TileLanes);

int64_t tile_lanes() { return HWY_DYNAMIC_DISPATCH(TileLanes)(); }
TileKernel tile_kernel() { return HWY_DYNAMIC_DISPATCH(MultiplyTiles); }
WidenKernel widen_kernel(bool is_signed) {
  return is_signed ? HWY_DYNAMIC_DISPATCH(WidenS8) : HWY_DYNAMIC_DISPATCH(WidenU8);
}

}  // namespace qtool::simd
#endif
