#pragma once

#include <vector>

#include "ops/op.h"

// What the tensors of indices of the gathering and scattering operators stand for. Negative indices
// count from the back; those out of range are Errors.
namespace qtool {

/// For GatherElements and ScatterElements: the positions, in a row-major array of shape `data`, that
/// the indices name along `axis`; on the other axes an index stands where it stands. Throws Error
/// if `indices` does not fit.
std::vector<int64_t> element_positions(const Tensor& indices, int axis, const Shape& data);

/// Slices of an array by their numbers, all of one shape.
struct SlicePositions {
  std::vector<int64_t> positions;
  Shape shape;
};
/// For GatherND and ScatterND: the last axis of `indices` holds tuples that index the axes of `data`
/// behind the first `batch_dims`, which both have in common. Throws Error if they do not fit.
SlicePositions slice_positions(const Tensor& indices, const Shape& data, int64_t batch_dims);

}  // namespace qtool
