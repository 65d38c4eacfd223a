#pragma once

#include <CLI/CLI.hpp>

#include "calib/methods/choose_ranges.h"

namespace qtool {

/// Adds --method and what methods need to know.
void add_range_options(CLI::App& command, RangeChoice& choice);

/// "ranges: 12 by minmax, 3 by percentile 99.99".
std::string summary(const RangeChoices& choices);

}  // namespace qtool
