#pragma once

#include <cstddef>
#include <cstdint>

namespace qtool {

/// y[c · stride + r] = x[r, c] for x [rows, columns] of elements of 1, 2, 4 or 8 bytes, in tiles of
/// vectors.
void transpose_into(int64_t rows, int64_t columns, std::size_t element_bytes, const void* x,
                    void* y, int64_t stride);

template <class T>
void transpose_into(int64_t rows, int64_t columns, const T* x, T* y, int64_t stride) {
  transpose_into(rows, columns, sizeof(T), x, y, stride);
}

/// Copies x [batch, rows, columns] to y [batch, columns, rows].
void transpose(int64_t batch, int64_t rows, int64_t columns, std::size_t element_bytes,
               const void* x, void* y);

template <class T>
void transpose(int64_t batch, int64_t rows, int64_t columns, const T* x, T* y) {
  transpose(batch, rows, columns, sizeof(T), x, y);
}

}  // namespace qtool
