#pragma once

#include <string>

#include "quant/apply/emit.h"

namespace qtool {

/// Why the node's table cannot be looked up as integers; empty if it is a Gather along axis 0 of a
/// constant float32 table [n, …, columns].
std::string gather_objection(const Graph& graph, const Node& node);

/// Gather of a float table becomes Gather of integers, and only what it gives is dequantized:
///
///   y = DequantizeLinear(Gather(table_q, indices))
///
/// `table` holds the parameters of input 0, per tensor or for each column, the table's last axis.
/// The output keeps its name.
void apply_gather(Graph& graph, Emitter& emitter, NodeId id, const QuantParams& table);

}  // namespace qtool
