#pragma once

#include "ir/graph.h"

namespace qtool {

/// Gives `graph`, which the ONNX library made of a skeleton of `original`, back all that a skeleton
/// does not carry: large constants, and what files say of values and nodes that are still the same.
void restore_graph(Graph& graph, const Graph& original);

}  // namespace qtool
