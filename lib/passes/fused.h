#pragma once

#include "ir/graph.h"

namespace qtool {

/// Turns a Conv, Gemm or MatMul into the runtime's operator of the same meaning that can do more:
/// qtool.internal.FusedConv (x, w, bias, sum), FusedGemm (a, b, c), FusedMatMul (a, b, bias), all with
/// an attribute "clip". One that is fused already stays. Returns whether it is fused now.
bool become_fused(Node& node);

}  // namespace qtool
