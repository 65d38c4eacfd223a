#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace qtool {

/// y[c · stride + r] = x[r, c] for x [rows, columns], in tiles that stay in the cache.
template <class T>
void transpose_into(int64_t rows, int64_t columns, const T* x, T* y, int64_t stride) {
  constexpr int64_t kTile = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kTile)
    for (int64_t c0 = 0; c0 < columns; c0 += kTile)
      for (int64_t c = c0; c < std::min(c0 + kTile, columns); ++c)
        for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r)
          y[c * stride + r] = x[r * columns + c];
}

/// Copies x [batch, rows, columns] to y [batch, columns, rows].
template <class T>
void transpose(int64_t batch, int64_t rows, int64_t columns, const T* x, T* y) {
  for (int64_t n = 0; n < batch; ++n, x += rows * columns, y += rows * columns)
    transpose_into(rows, columns, x, y, rows);
}

/// The same for elements of 1, 2, 4 or 8 bytes.
inline void transpose(int64_t batch, int64_t rows, int64_t columns, std::size_t element_bytes,
                      const void* x, void* y) {
  const auto as = [&]<class T>(T) {
    transpose(batch, rows, columns, static_cast<const T*>(x), static_cast<T*>(y));
  };
  if (element_bytes == 1) as(uint8_t{});
  if (element_bytes == 2) as(uint16_t{});
  if (element_bytes == 4) as(uint32_t{});
  if (element_bytes == 8) as(uint64_t{});
}

}  // namespace qtool
