#pragma once

#include <optional>
#include <utility>

#include "ir/graph.h"

namespace qtool {

/// The interval [lo, hi] that the node clips its first input to: Relu [0, +inf], Clip its bounds,
/// given as attributes or as constant float32 inputs, ±inf where one is left out. Absent for every
/// other node, for bounds that are not constant, and for empty intervals.
std::optional<std::pair<float, float>> clip_range(const Graph& graph, const Node& node);

}  // namespace qtool
