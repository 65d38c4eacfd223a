#pragma once

#include <optional>
#include <utility>

#include "ir/graph.h"

namespace qtool {

/// The interval [lo, hi] that the node clips its first input to: Relu [0, +inf], Clip its bounds,
/// given as attributes or as constant float32 inputs, ±inf where one is left out. Absent for every
/// other node, for bounds that are not constant, and for empty intervals.
std::optional<std::pair<float, float>> clip_range(const Graph& graph, const Node& node);

/// Whether quantizing with one scale clips to the interval by itself: numbers outside of it become
/// the same integer as its nearer end, round(lo / scale) + zero_point ≤ qmin and
/// round(hi / scale) + zero_point ≥ qmax.
bool saturates(const std::pair<float, float>& interval, DType dtype, float scale,
               int32_t zero_point);

}  // namespace qtool
