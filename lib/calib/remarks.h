#pragma once

#include <string>
#include <vector>

#include "calib/calibrate.h"

namespace qtool {

/// What is doubtful about a table, a sentence each that names the values: those that no sample
/// reached, those that were constant, those of which fewer elements were seen than a histogram has
/// bins.
std::vector<std::string> remarks(const CalibrationTable& table, const CalibrationTargets& targets);

}  // namespace qtool
