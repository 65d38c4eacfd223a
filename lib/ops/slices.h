#pragma once

#include "ops/op.h"

namespace qtool {

/// The part of x at `index` of `axis`, without that axis.
Tensor slice_at(KernelCall& call, const Tensor& x, int axis, int64_t index);

/// Tensors of one type and shape put side by side along a new axis; the inverse of slice_at. Throws
/// Error if they differ. `parts` is not empty.
Tensor stack(KernelCall& call, const std::vector<Tensor>& parts, int axis);

}  // namespace qtool
