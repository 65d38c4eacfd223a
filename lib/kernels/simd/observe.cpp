#include "kernels/simd/observe.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/observe.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;
constexpr std::size_t kParts = 16;
using D = hn::CappedTag<double, kParts>;
constexpr std::size_t kDoubles = hn::MaxLanes(D());

// The bits of |x|, which are in the order of |x|, and NaN above Inf.
template <class DF>
HWY_INLINE hn::VFromD<hn::RebindToSigned<DF>> magnitude_bits(DF, hn::VFromD<DF> x) {
  return hn::BitCast(hn::RebindToSigned<DF>(), hn::Abs(x));
}

// One extent in each lane.
template <class DF>
struct ExtentLanes {
  using I = hn::RebindToSigned<DF>;
  hn::VFromD<DF> min, max;
  hn::VFromD<I> bits;

  HWY_INLINE void add(hn::VFromD<DF> x) {
    min = hn::Min(x, min);
    max = hn::Max(x, max);
    bits = hn::Max(bits, magnitude_bits(DF(), x));
  }
  HWY_INLINE void add(const ExtentLanes& other) {
    min = hn::Min(other.min, min);
    max = hn::Max(other.max, max);
    bits = hn::Max(bits, other.bits);
  }
  HWY_INLINE void store(float* low, float* high, float* magnitude) const {
    hn::StoreU(min, DF(), low);
    hn::StoreU(max, DF(), high);
    hn::StoreU(hn::BitCast(DF(), bits), DF(), magnitude);
  }
};
template <class DF>
HWY_INLINE ExtentLanes<DF> extent_lanes(DF d, const float* x) {
  const auto first = hn::LoadU(d, x);
  return {first, first, magnitude_bits(d, first)};
}

HWY_INLINE void join(Extent& into, const Extent& from) {
  into.min = std::min(into.min, from.min);
  into.max = std::max(into.max, from.max);
  const bool is_larger = from.magnitude > into.magnitude || from.magnitude != from.magnitude;
  if (is_larger) into.magnitude = from.magnitude;
}

// The extent of all lanes, and of `extent`.
template <class DF>
HWY_INLINE Extent extent_in(const ExtentLanes<DF>& lanes, Extent extent) {
  constexpr std::size_t kLanes = hn::MaxLanes(DF());
  float low[kLanes], high[kLanes], magnitude[kLanes];
  lanes.store(low, high, magnitude);
  for (std::size_t k = 0; k < kLanes; ++k) join(extent, {low[k], high[k], magnitude[k]});
  return extent;
}

void ExtentOf(int64_t count, const float* x, Extent* result) {
  const F d;
  constexpr std::size_t kLanes = hn::MaxLanes(F());
  constexpr int64_t kAtOnce = 4 * kLanes;
  int64_t i = 0;
  Extent extent{x[0], x[0], std::fabs(x[0])};
  if (count >= kAtOnce) {
    ExtentLanes<F> lanes[4];
    for (std::size_t k = 0; k < 4; ++k) lanes[k] = extent_lanes(d, x + k * kLanes);
    for (i = kAtOnce; i + kAtOnce <= count; i += kAtOnce)
      for (std::size_t k = 0; k < 4; ++k)
        lanes[k].add(hn::LoadU(d, x + i + static_cast<int64_t>(k * kLanes)));
    for (std::size_t k = 1; k < 4; ++k) lanes[0].add(lanes[k]);
    extent = extent_in(lanes[0], extent);
  }
  for (; i < count; ++i) join(extent, {x[i], x[i], std::fabs(x[i])});
  *result = {extent.min + 0.0F, extent.max + 0.0F, extent.magnitude};
}

// Squares of floats are exact as double, so that fused or not is one.
void PowerSumsOf(int64_t count, const float* x, PowerSums* result) {
  const D d;
  const hn::Rebind<float, D> narrow;
  hn::VFromD<D> first[kParts / kDoubles], second[kParts / kDoubles];
  for (std::size_t k = 0; k < kParts / kDoubles; ++k) first[k] = second[k] = hn::Zero(d);
  int64_t i = 0;
  for (; i + static_cast<int64_t>(kParts) <= count; i += kParts)
    for (std::size_t k = 0; k < kParts / kDoubles; ++k) {
      const auto value =
          hn::PromoteTo(d, hn::LoadU(narrow, x + i + static_cast<int64_t>(k * kDoubles)));
      first[k] = hn::Add(first[k], value);
      second[k] = hn::MulAdd(value, value, second[k]);
    }
  double sums[kParts], squares[kParts];
  for (std::size_t k = 0; k < kParts / kDoubles; ++k) {
    hn::StoreU(first[k], d, sums + k * kDoubles);
    hn::StoreU(second[k], d, squares + k * kDoubles);
  }
  for (std::size_t part = 0; i < count; ++i, ++part) {
    sums[part] += x[i];
    squares[part] += double{x[i]} * x[i];
  }
  *result = {0, 0};
  for (std::size_t part = 0; part < kParts; ++part) {
    result->first += sums[part];
    result->second += squares[part];
  }
}

// Where to count x: ⌊x / width⌋, truncated and one less where that is above x. Zeros, which may be most,
// have a place for each lane, so that no count waits for the one before it.
template <class DF>
class Places {
 public:
  using I = hn::RebindToSigned<DF>;
  Places(int exponent, int side)
      : per_width_(power(-exponent)),
        width_(power(exponent)),
        side_(hn::Set(I(), side)),
        zeros_(hn::Add(hn::Iota(I(), 0), hn::Set(I(), 2 * side))) {}

  HWY_INLINE void store(const float* x, int32_t* y) const {
    const DF d;
    const auto value = hn::LoadU(d, x);
    const auto whole = hn::ConvertTo(I(), hn::Mul(value, per_width_));
    const auto above = hn::Gt(hn::Mul(hn::ConvertTo(d, whole), width_), value);
    const auto floor = hn::Add(whole, hn::VecFromMask(I(), hn::RebindMask(I(), above)));
    const auto is_zero = hn::RebindMask(I(), hn::Eq(value, hn::Zero(d)));
    hn::StoreU(hn::IfThenElse(is_zero, zeros_, hn::Add(floor, side_)), I(), y);
  }

 private:
  // 2^exponent, a normal number.
  static hn::VFromD<DF> power(int exponent) {
    return hn::BitCast(DF(), hn::Set(I(), (127 + exponent) * (1 << 23)));
  }
  hn::VFromD<DF> per_width_, width_;
  hn::VFromD<I> side_, zeros_;
};

void CountPlaces(int64_t count, const float* x, int exponent, int side, int64_t* counts) {
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(F()));
  constexpr int64_t kBlock = 512;
  const Places<F> places(exponent, side);
  const Places<hn::CappedTag<float, 1>> one(exponent, side);
  HWY_ALIGN int32_t at[kBlock];
  while (count > 0) {
    const int64_t size = std::min(kBlock, count);
    int64_t i = 0;
    for (; i + kLanes <= size; i += kLanes) places.store(x + i, at + i);
    for (; i < size; ++i) one.store(x + i, at + i);
    for (i = 0; i + 8 <= size; i += 8) {
      int32_t next[8];  // read before counts change: compilers do not know that they are apart
      std::copy_n(at + i, 8, next);
      for (const int32_t place : next) ++counts[place];
    }
    for (; i < size; ++i) ++counts[at[i]];
    x += size;
    count -= size;
  }
}

// Calls f(first, end) for rows that together stay in the L1 cache.
template <class Function>
HWY_INLINE void for_row_blocks(int64_t rows, int64_t columns, const Function& f) {
  const int64_t step = std::max<int64_t>(4096 / columns, 1);
  for (int64_t row = 0; row < rows; row += step) f(row, std::min(rows, row + step));
}

void ColumnExtents(int64_t rows, int64_t columns, const float* x, float* min, float* max,
                   float* magnitude) {
  for_row_blocks(rows, columns, [&](int64_t first, int64_t end) HWY_ATTR {
    cover_row(F(), columns, [&](auto d, int64_t c) HWY_ATTR {
      ExtentLanes<decltype(d)> lanes{hn::LoadU(d, min + c), hn::LoadU(d, max + c),
                                     magnitude_bits(d, hn::LoadU(d, magnitude + c))};
      for (int64_t row = first; row < end; ++row) lanes.add(hn::LoadU(d, x + row * columns + c));
      lanes.store(min + c, max + c, magnitude + c);
    });
  });
}

// Adds columns from c on, kVectors vectors of them; gives the extent of these and of `extent`.
template <std::size_t kVectors, class DD, class Lanes>
HWY_INLINE Lanes sum_columns(DD d, int64_t rows, int64_t columns, const float* x, double* sums,
                             Lanes extent) {
  const hn::Rebind<float, DD> narrow;
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(DD()));
  hn::VFromD<DD> sum[kVectors];
  for (std::size_t k = 0; k < kVectors; ++k)
    sum[k] = hn::LoadU(d, sums + static_cast<int64_t>(k) * kLanes);
  for (int64_t row = 0; row < rows; ++row, x += columns)
    for (std::size_t k = 0; k < kVectors; ++k) {
      const auto value = hn::LoadU(narrow, x + static_cast<int64_t>(k) * kLanes);
      extent.add(value);
      sum[k] = hn::Add(sum[k], hn::PromoteTo(d, value));
    }
  for (std::size_t k = 0; k < kVectors; ++k)
    hn::StoreU(sum[k], d, sums + static_cast<int64_t>(k) * kLanes);
  return extent;
}

void ColumnSums(int64_t rows, int64_t columns, const float* x, double* sums, Extent* result) {
  constexpr std::size_t kVectors = 4;
  const hn::ScalableTag<double> d;
  const hn::CappedTag<double, 1> one;
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  constexpr int64_t kAtOnce = kVectors * kLanes;
  *result = {x[0], x[0], std::fabs(x[0])};
  for_row_blocks(rows, columns, [&](int64_t first, int64_t end) HWY_ATTR {
    const float* from = x + first * columns;
    int64_t c = 0;
    if (columns >= kLanes) {
      auto extent = extent_lanes(hn::Rebind<float, decltype(d)>(), from);
      for (; c + kAtOnce <= columns; c += kAtOnce)
        extent = sum_columns<kVectors>(d, end - first, columns, from + c, sums + c, extent);
      for (; c + kLanes <= columns; c += kLanes)
        extent = sum_columns<1>(d, end - first, columns, from + c, sums + c, extent);
      *result = extent_in(extent, *result);
    }
    auto extent = extent_lanes(hn::Rebind<float, decltype(one)>(), from);
    for (; c < columns; ++c)
      extent = sum_columns<1>(one, end - first, columns, from + c, sums + c, extent);
    *result = extent_in(extent, *result);
  });
  *result = {result->min + 0.0F, result->max + 0.0F, result->magnitude};
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(ExtentOf);
HWY_EXPORT(PowerSumsOf);
HWY_EXPORT(CountPlaces);
HWY_EXPORT(ColumnExtents);
HWY_EXPORT(ColumnSums);

Extent extent_of(int64_t count, const float* x) {
  Extent extent;
  HWY_DYNAMIC_DISPATCH(ExtentOf)(count, x, &extent);
  return extent;
}
PowerSums power_sums(int64_t count, const float* x) {
  PowerSums sums;
  HWY_DYNAMIC_DISPATCH(PowerSumsOf)(count, x, &sums);
  return sums;
}
void count_places(int64_t count, const float* x, int exponent, int side, int64_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountPlaces)(count, x, exponent, side, counts);
}
void column_extents(int64_t rows, int64_t columns, const float* x, float* min, float* max,
                    float* magnitude) {
  HWY_DYNAMIC_DISPATCH(ColumnExtents)(rows, columns, x, min, max, magnitude);
}
Extent column_sums(int64_t rows, int64_t columns, const float* x, double* sums) {
  Extent extent;
  HWY_DYNAMIC_DISPATCH(ColumnSums)(rows, columns, x, sums, &extent);
  return extent;
}

}  // namespace qtool::simd
#endif
