#pragma once

#include "calib/ranges/range.h"
#include "ir/graph.h"

namespace qtool {

/// The part of `measured` that readers of the value can tell apart, directly or behind nodes that only
/// move elements: numbers outside it give the same results as its ends. HardSwish is 0 below −3;
/// HardSigmoid, Relu and Clip are constant outside their interval, Sigmoid is to 16 bits outside
/// ±11.1. Levels spent on the rest would be lost. An end that is cut keeps half a step of 8 bits more,
/// for the rounding of the zero point. `measured` itself if some reader, or the outside of the graph,
/// sees all of it.
Range useful_range(const Graph& graph, ValueId value, const Range& measured);

}  // namespace qtool
