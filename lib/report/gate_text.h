#pragma once

#include <string>

#include "measure/gates.h"

namespace qtool {

/// "<= 0.5 points": what a gate asks for.
std::string bound_text(const GateResult& gate);
/// What was measured: "1.24 (1.2 to 1.28)", with the interval if there is one.
std::string value_text(const GateResult& gate);

}  // namespace qtool
