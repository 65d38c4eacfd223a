#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/plan_index.h"

namespace qtool {

/// Nodes in topological order, and what they give.
struct Layer {
  std::vector<NodeId> nodes;
  std::vector<ValueId> outputs;  // float32
};

/// What is computed from the integers of some values that share parameters, up to the next integers:
/// nodes that read the values, float nodes behind them, and static nodes behind those, with a Clip or Relu
/// that these absorb. Nodes that give one of the values themselves are left out, and so are nodes with
/// bodies, and those whose first output is not float32.
Layer layer_behind(const Graph& graph, const PlanIndex& plan, const std::set<std::string>& values);

}  // namespace qtool
