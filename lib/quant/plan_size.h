#pragma once

#include <cstdint>

#include "quant/plan.h"

namespace qtool {

/// Bytes of a model's constants, bodies included.
struct PlanSizes {
  int64_t before = 0;
  int64_t after = 0;
};

/// What apply_plan will make of the constants of a prepared graph: integers with their scales and
/// zero points; int32 biases; float16; and what some node still reads as it is.
PlanSizes predict_sizes(const Graph& graph, const QuantPlan& plan);

}  // namespace qtool
