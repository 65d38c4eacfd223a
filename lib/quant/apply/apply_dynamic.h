#pragma once

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// Replaces a MatMul, Gemm or Conv with a constant weight by its dynamically quantized form:
///
///   (x_q, s_x, z_x) = DynamicQuantizeLinear(x)                 once for each x
///   y = Cast<float>(MatMulInteger(x_q, w_q, z_x, z_w)) · (s_x · alpha · s_w) [+ beta · bias]
///
/// and ConvInteger for Conv. `weight` holds the parameters of input 1, per tensor or per output
/// channel. The bias need not be constant, but for Conv's.
void apply_dynamic(Graph& graph, NodeId id, const QuantParams& weight);

/// The integers of a float value, uint8, and their parameters, found while running.
struct DynamicInput {
  ValueId integers;
  ValueId scale;
  ValueId zero_point;
};
/// Those of DynamicQuantizeLinear(x), which all readers of x share.
DynamicInput dynamic_input(Graph& graph, ValueId x);

/// A constant of that name, or a like one, with these elements: made once for all who ask.
ValueId shared_constant(Graph& graph, const std::string& name, Tensor tensor);

}  // namespace qtool
