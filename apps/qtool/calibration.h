#pragma once

#include <string>

#include "calib/statistics.h"
#include "quant/plan.h"
#include "sample_options.h"

namespace qtool {

/// Runs the model on the samples of `--calib` and chooses the ranges that `quant` needs.
Ranges measure_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                      const SampleOptions& options, bool quiet);

}  // namespace qtool
