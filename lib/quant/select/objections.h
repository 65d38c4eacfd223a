#pragma once

#include <string>
#include <vector>

#include "quant/select/selection.h"

namespace qtool {

/// Whether the value is known to be float32.
bool is_float32(const Graph& graph, ValueId value);

/// The weights of the node as quantization uses them; see weight_inputs.
std::vector<WeightUse> weights_of(const Graph& graph, NodeId id);

/// Why a node cannot be had in a mode; empty if it can.
std::string static_objection(const Graph& graph, const Node& node, const WeightScheme& scheme,
                             DType activation, bool forced);
std::string dynamic_objection(const Graph& graph, const Node& node, const WeightScheme& scheme,
                              const QuantOptions& options);
std::string weight_only_objection(const Graph& graph, const Node& node);

}  // namespace qtool
