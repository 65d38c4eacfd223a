#include "kernels/transpose.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/transpose.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void transpose_plain(int64_t rows, int64_t columns, const T* x, int64_t x_stride, T* y,
                     int64_t y_stride) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
}

#if HWY_TARGET != HWY_SCALAR

// As many rows and columns as a vector of 16 bytes has lanes. Interleaving row i with row i + n / 2
// for all i moves each element's index bits round by one; log2(n) times exchange rows and columns.
template <class T>
HWY_INLINE void transpose_tile(const T* x, int64_t x_stride, T* y, int64_t y_stride) {
  const hn::Full128<T> d;
  constexpr std::size_t kLanes = 16 / sizeof(T);
  hn::Vec<decltype(d)> from[kLanes], to[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i)
    from[i] = hn::LoadU(d, x + static_cast<int64_t>(i) * x_stride);
  for (std::size_t stage = 1; stage < kLanes; stage *= 2) {
    for (std::size_t i = 0; i < kLanes / 2; ++i) {
      to[2 * i] = hn::InterleaveLower(d, from[i], from[i + kLanes / 2]);
      to[2 * i + 1] = hn::InterleaveUpper(d, from[i], from[i + kLanes / 2]);
    }
    for (std::size_t i = 0; i < kLanes; ++i) from[i] = to[i];
  }
  for (std::size_t i = 0; i < kLanes; ++i)
    hn::StoreU(from[i], d, y + static_cast<int64_t>(i) * y_stride);
}

// Strips of columns as wide as a cache line, so that whole lines are read, and each line of y is
// written at once.
template <class T>
void transpose_tiles(int64_t rows, int64_t columns, const T* x, T* y, int64_t stride) {
  constexpr auto kTile = static_cast<int64_t>(16 / sizeof(T));
  constexpr auto kStrip = static_cast<int64_t>(64 / sizeof(T));
  const int64_t whole_rows = rows / kTile * kTile;
  const int64_t whole_columns = columns / kTile * kTile;
  for (int64_t strip = 0; strip < whole_columns; strip += kStrip)
    for (int64_t r = 0; r < whole_rows; r += kTile)
      for (int64_t c = strip; c < std::min(strip + kStrip, whole_columns); c += kTile)
        transpose_tile(x + r * columns + c, columns, y + c * stride + r, stride);
  transpose_plain(whole_rows, columns - whole_columns, x + whole_columns, columns,
                  y + whole_columns * stride, stride);
  transpose_plain(rows - whole_rows, columns, x + whole_rows * columns, columns, y + whole_rows,
                  stride);
}

#else

template <class T>
void transpose_tiles(int64_t rows, int64_t columns, const T* x, T* y, int64_t stride) {
  transpose_plain(rows, columns, x, columns, y, stride);
}

#endif

void Transpose(int64_t rows, int64_t columns, std::size_t element_bytes, const void* x, void* y,
               int64_t stride) {
  const auto as = [&]<class T>(T) {
    transpose_tiles(rows, columns, static_cast<const T*>(x), static_cast<T*>(y), stride);
  };
  if (element_bytes == 1) as(uint8_t{});
  if (element_bytes == 2) as(uint16_t{});
  if (element_bytes == 4) as(uint32_t{});
  if (element_bytes == 8) as(uint64_t{});
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool {

namespace simd {
HWY_EXPORT(Transpose);
}

void transpose_into(int64_t rows, int64_t columns, std::size_t element_bytes, const void* x,
                    void* y, int64_t stride) {
  using namespace simd;
  HWY_DYNAMIC_DISPATCH(Transpose)(rows, columns, element_bytes, x, y, stride);
}

void transpose(int64_t batch, int64_t rows, int64_t columns, std::size_t element_bytes,
               const void* x, void* y) {
  const int64_t bytes = rows * columns * static_cast<int64_t>(element_bytes);
  for (int64_t n = 0; n < batch; ++n)
    transpose_into(rows, columns, element_bytes, static_cast<const std::byte*>(x) + n * bytes,
                   static_cast<std::byte*>(y) + n * bytes, rows);
}

}  // namespace qtool
#endif
