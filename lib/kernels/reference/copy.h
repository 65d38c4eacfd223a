#pragma once

#include "kernels/reference/strided_loop.h"

// Data movement for elements of any type, told apart by their size in bytes only; those of
// sizeof(std::string) are std::string objects and assigned as such.
namespace qtool::reference {

/// Copies elements over a loop whose operands are the destination and the source.
void copy(const StridedLoop<2>& loop, std::size_t element_bytes, void* to, const void* from);

/// Writes `count` copies of the element at `element`.
void fill(std::size_t element_bytes, void* to, int64_t count, const void* element);

/// y = condition ? a : b over a loop whose operands are y, condition, a and b.
void select(const StridedLoop<4>& loop, std::size_t element_bytes, void* y, const bool* condition,
            const void* a, const void* b);

/// y[i, j, ...] = x[table[0][i], table[1][j], ...], or the element at `fill` where an entry is -1.
/// `dims` are those of x; y has the tables' lengths.
void pick(const Extents& dims, const std::vector<Extents>& tables, std::size_t element_bytes,
          const void* x, const void* fill, void* y);

/// Takes slices along an axis of x [outer, axis, inner]: y [outer, count, inner]. Every index is in
/// [0, axis).
void gather(int64_t outer, int64_t axis, int64_t inner, std::size_t element_bytes, const void* x,
            const int64_t* indices, int64_t count, void* y);

/// The inverse along the first axis: writes updates [count, inner] to the slices of y [axis, inner]
/// that `indices` name, in this order. Every index is in [0, axis).
void scatter(int64_t inner, std::size_t element_bytes, const void* updates, const int64_t* indices,
             int64_t count, void* y);

}  // namespace qtool::reference
