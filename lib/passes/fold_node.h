#pragma once

#include "ir/graph.h"

namespace qtool {

/// Whether a node with constant inputs may be computed beforehand: no graph output, no subgraphs, no
/// random numbers, and not DequantizeLinear, which would undo a quantization.
bool may_fold(const Graph& graph, const Node& node);

/// Replaces the node by constants that its reference kernel computes, or for Shape by the known
/// shape. Returns false, and changes nothing, if it may not be folded, an input is not constant, it
/// has no kernel or fails, or the constants are over 1 MiB and larger than what they were made of.
bool fold_node(Model& model, NodeId id);

}  // namespace qtool
