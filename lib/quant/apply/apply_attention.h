#pragma once

#include <string>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// Why the node cannot become com.microsoft's QAttention; empty if it is an Attention of that
/// domain that can: constant weights, a third of their columns for queries, keys and values each, no
/// attention bias, no rotary embedding and no shared buffer.
std::string dynamic_attention_objection(const Graph& graph, const Node& node);

/// Makes com.microsoft's Attention a QAttention, whose input is quantized while running:
///
///   (x_q, s_x, z_x) = DynamicQuantizeLinear(x)                 once for each x
///   q, k, v = MatMulInteger(x_q, w_q, z_x, z_w) · (s_x · s_w) + bias, and attention as before
///
/// `weight` holds the parameters of input 1, of 8 bits, per tensor or for each column.
void apply_dynamic_attention(Model& model, NodeId id, const QuantParams& weight);

}  // namespace qtool
