#pragma once

#include "ops/op.h"

namespace qtool {

/// Whether several elements of the type share a byte: int4, uint2, float4e2m1…
inline bool is_packed(DType dtype) { return bits(dtype) > 0 && bits(dtype) < 8; }

/// A tensor of a packed type as uint8, one element a byte, its bits as they are and 0 above them.
Tensor unpacked(KernelCall& call, const Tensor& x);
/// The inverse.
Tensor packed(KernelCall& call, const Tensor& x, DType dtype);

/// A kernel that only moves data, made to run on packed types too: it sees them as uint8, and what
/// it makes of them becomes their type again.
Kernel moves_packed(Kernel kernel);
template <BindFn bind>
Kernel moves_packed(const BindContext& context) {
  return moves_packed(bind(context));
}

}  // namespace qtool
