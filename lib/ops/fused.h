#pragma once

#include "kernels/clip.h"
#include "ops/op.h"

namespace qtool {

/// Attribute "clip" [low, high] of a fused node: the limits set to its result. None if it is not
/// there. Throws Error unless it has two entries.
ClipRange read_clip(const BindContext& context);

/// Sets the limits in place. `y` is float or double.
void apply_clip(const ClipRange& clip, Tensor& y);

}  // namespace qtool
