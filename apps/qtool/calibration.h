#pragma once

#include <string>

#include "calib/methods/choose_ranges.h"
#include "quant/plan.h"
#include "quantize.h"
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
/// While the model runs `model` is moved from; then it is prepared from its file again, which is
/// cheaper than to hold its weights twice. With a record, all statistics are kept, and put into it.
Ranges find_ranges(const QuantizeOptions& options, Model& model, const QuantOptions& quant,
                   const CalibrationOptions& calibration, CalibrationRecord* record = nullptr);

}  // namespace qtool
