#pragma once

#include <string>

#include "quant/plan.h"
#include "quant/plan_size.h"

namespace qtool {

/// What a plan does, for --dry-run: nodes by operator, mode and reason, and the size of the weights
/// before and after.
std::string plan_table(const QuantPlan& plan, const PlanSizes& sizes);

/// Why a node has its mode, and what becomes of the values that it reads and writes: type, scale,
/// zero point, the real numbers that these can express, and where they come from. `graph` is the
/// prepared graph of the plan; the node may be one of its bodies'.
/// Throws Error, with the nearest names, if there is no such node.
std::string explain(const Graph& graph, const QuantPlan& plan, const std::string& node);

}  // namespace qtool
