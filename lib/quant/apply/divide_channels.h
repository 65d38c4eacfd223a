#pragma once

#include <set>

#include "quant/plan_index.h"

namespace qtool {

/// Divides the channels of a value by plan.channel_factors for the nodes that read it so, whose weights
/// are multiplied by them: static nodes, or dynamic ones if the plan's source is that. The
/// normalization that writes the value divides if nobody else reads it and it is not pinned, else a
/// Mul does. Returns what these nodes read then; the value itself without factors or such nodes.
/// Throws Error if the plan does not fit the nodes.
ValueId divide_channels(Graph& graph, const PlanIndex& index, const std::set<ValueId>& pinned,
                        ValueId value, const TensorPlan& plan);

}  // namespace qtool
