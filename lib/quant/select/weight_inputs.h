#pragma once

#include <vector>

#include "ir/graph.h"

namespace qtool {

/// An input whose constant is a weight, and the axis of its output channels, from the front.
struct WeightInput {
  std::size_t index;
  int axis;
  bool operator==(const WeightInput&) const = default;
};

/// The inputs of a node that quantization may turn into integers: float32 constants of rank 2 or
/// more, not empty, that the operator's record (QuantTraits) calls weights, and the table of a
/// Gather, whose channels are its columns.
std::vector<WeightInput> weight_inputs(const Graph& graph, const Node& node);

}  // namespace qtool
