#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "command.h"
#include "quant/plan.h"

namespace qtool {

/// What `qtool dynamic` and `qtool static` have in common.
struct QuantizeOptions {
  CommonOptions common;
  std::string model;
  std::string output;
  std::string print_after;
  bool time_passes = false;
  bool per_tensor = false;
  bool to_qoperator = false;
  QuantOptions quant;
};

void add_quantize_options(CLI::App& command, QuantizeOptions& options);

/// Ranges by value name, measured on the prepared model.
using Calibrate = std::function<Ranges(const Model& model, const QuantOptions& options)>;

/// Loads, prepares, plans, applies, checks and writes the model, and prints what was done.
/// Throws Error and writes nothing if there is nothing to quantize.
void quantize_file(QuantizeOptions& options, const Calibrate& calibrate);

}  // namespace qtool
