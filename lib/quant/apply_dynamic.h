#pragma once

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// Replaces a MatMul, Gemm or Conv with a constant weight by its dynamically quantized form:
///
///   (x_q, s_x, z_x) = DynamicQuantizeLinear(x)                 once for each x
///   y = Cast<float>(MatMulInteger(x_q, w_q, z_x, z_w)) · (s_x · s_w) [+ bias]
///
/// and ConvInteger for Conv. `weight` holds the parameters of input 1, per tensor or per output
/// channel.
void apply_dynamic(Graph& graph, NodeId id, const QuantParams& weight);

}  // namespace qtool
