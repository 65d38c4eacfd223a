#pragma once

#include <string>
#include <vector>

#include "runtime/operator_use.h"

namespace qtool {

/// What runs each operator of a model, for people; the last line tells whether all can be run.
std::string operators_text(const std::vector<OperatorUse>& uses);
/// The same for machines; docs/cli.md describes the fields.
std::string operators_json(const std::vector<OperatorUse>& uses);

}  // namespace qtool
