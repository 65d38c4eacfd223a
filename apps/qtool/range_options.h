#pragma once

#include <CLI/CLI.hpp>

#include "calib/choose_ranges.h"
#include "quant/options.h"

namespace qtool {

/// Adds --method and what methods need to know.
void add_range_options(CLI::App& command, RangeChoice& choice);

/// The choice for the integers that activations become.
RangeChoice for_grid(RangeChoice choice, const ActivationScheme& activation);

}  // namespace qtool
