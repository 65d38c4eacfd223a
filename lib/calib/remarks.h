#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "calib/calibrate.h"

namespace qtool {

/// What is doubtful about what a table has of a value.
enum class Doubt : uint8_t {
  kNone,
  kUnreached,  // by any sample
  kConstant,   // in all samples
  kFew,        // fewer elements were seen than a histogram has bins
};
/// "unreached", "constant", "few numbers"; empty for none.
std::string_view name(Doubt doubt);
Doubt doubt(const CalibrationTable& table, const std::string& value);

/// What is doubtful about a table, a sentence each that names the values.
std::vector<std::string> remarks(const CalibrationTable& table, const CalibrationTargets& targets);

}  // namespace qtool
