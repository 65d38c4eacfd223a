#pragma once

#include "ops/op.h"

namespace qtool {

/// Marks operators whose kernels are made for float32 and double: on float16 and bfloat16 they run
/// in float32, and results are rounded once at the end.
std::vector<OpSpec> halves_as_float(std::vector<OpSpec> ops);

/// Binds as `bind` does for a node whose 16-bit floating-point inputs are float32. At run time
/// such inputs are widened; float32 outputs are narrowed again to the first such input's type,
/// except those that the graph declares float32.
Kernel bind_half_as_float(const std::function<Kernel(const BindContext&)>& bind,
                          const BindContext& context);

}  // namespace qtool
