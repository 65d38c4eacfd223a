#pragma once

#include <string>
#include <string_view>

#include "quant/plan.h"

namespace qtool {

/// The plan as JSON for people to read and edit: a line for each node and tensor; the form is
/// docs/plan.schema.json. `fingerprint` is that of the prepared graph the plan was made for (see
/// ir/fingerprint.h). parse_plan(plan_json(p, f), f) is p, bit for bit.
/// Throws Error for a scale that is not finite and a name that is not UTF-8.
std::string plan_json(const QuantPlan& plan, const std::string& fingerprint);

/// Reads what plan_json writes, edited or not. `expected_fingerprint` is that of the graph the plan
/// is to be applied to.
/// Throws Error, saying where: what is no JSON or no plan, unknown fields, modes, types; numbers
/// out of their range (scales and factors > 0, zero points of the type); as many scales as zero
/// points; two entries for one node, or for one tensor and reader; a plan for another model.
QuantPlan parse_plan(std::string_view text, const std::string& expected_fingerprint);

}  // namespace qtool
