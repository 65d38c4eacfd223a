#pragma once

#include <string>

#include "calib/methods/choose_ranges.h"
#include "quant/plan.h"
#include "range_options.h"
#include "sample_options.h"

namespace qtool {

/// Where the ranges of activations come from.
struct CalibrationOptions {
  SampleOptions samples;
  std::string ranges;  // read from this file; they win over measured ones
  std::string table;   // of qtool calibrate, in place of running the model
  RangeChoice choice;
  std::string save_ranges;  // written to this file
};

/// Adds --calib with all that says how samples are read, --ranges and --save-ranges.
void add_calibration_options(CLI::App& command, CalibrationOptions& options);

/// The ranges that `quant` needs: read from the file, and what that lacks measured by running the
/// model on the samples. With a file and no samples, ranges may be missing.
/// `path` names the model in messages.
Ranges find_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                   const CalibrationOptions& options, bool quiet);

}  // namespace qtool
