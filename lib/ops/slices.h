#pragma once

#include "ops/op.h"

namespace qtool {

// Tensors of any type, cut and joined along an axis.

/// Elements [start, start + length) of `axis` of x. They are there.
Tensor part_of(KernelCall& call, const Tensor& x, int axis, int64_t start, int64_t length);
/// The part of x at `index` of `axis`, without that axis.
Tensor slice_at(KernelCall& call, const Tensor& x, int axis, int64_t index);

/// Tensors put after one another along an axis that they have. Throws Error if they differ in type
/// or on another axis. `parts` is not empty.
Tensor concat(KernelCall& call, const std::vector<Tensor>& parts, int axis);
/// Tensors of one type and shape put side by side along a new axis; the inverse of slice_at. Throws
/// Error if they differ. `parts` is not empty.
Tensor stack(KernelCall& call, const std::vector<Tensor>& parts, int axis);

/// Throws Error unless the lengths are those of parts that make up an axis of `total` elements.
void require_parts(const std::vector<int64_t>& lengths, int64_t total);

}  // namespace qtool
