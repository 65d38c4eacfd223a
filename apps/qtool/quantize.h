#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "command.h"
#include "passes/pass.h"
#include "quant/plan.h"
#include "scheme_options.h"

namespace qtool {

/// What `qtool dynamic`, `qtool static` and `qtool plan` have in common.
struct QuantizeOptions {
  CommonOptions common;
  std::string model;
  std::string output;
  std::string print_after;
  bool time_passes = false;
  bool to_qoperator = false;
  std::string plan;  // apply this file instead of making a plan
  bool dry_run = false;
  std::string explain;      // a node
  std::string report;       // page to write
  bool requantize = false;  // take models with quantized operators too
  SchemeOptions scheme;
  QuantOptions quant;
};

/// Options of what makes a plan; options.quant has the command's mode.
void add_plan_options(CLI::App& command, QuantizeOptions& options);
/// The same and those of what writes a model.
void add_quantize_options(CLI::App& command, QuantizeOptions& options);

/// The model of options.model, as plans are made for it.
Model prepared_model(const QuantizeOptions& options);
/// The same once more, without printing anything.
Model prepared_again(QuantizeOptions options);

/// What the ranges were chosen from, if they were measured.
struct CalibrationRecord {
  CalibrationTable table;
  CalibrationTargets targets;
};

/// Ranges by value name, measured on the prepared model. That may be moved from in between.
using Calibrate = std::function<Ranges(Model& model, const QuantOptions& options)>;

/// Loads and prepares the model, plans, and writes the plan to options.output.
void plan_file(QuantizeOptions& options, const Calibrate& calibrate);

/// Makes the prepared model the quantized one of the plan, as it is written.
void carry_out(Model& model, const QuantPlan& plan, bool to_qoperator,
               const PassOptions& options = {.bodies = true});

/// Loads, prepares, plans (or reads the plan), applies, checks and writes the model, and prints what
/// was done. `record` is what `calibrate` fills, if it does: the report tells of it. Throws Error and writes
/// nothing if there is nothing to quantize.
void quantize_file(QuantizeOptions& options, const Calibrate& calibrate,
                   const CalibrationRecord* record = nullptr);

}  // namespace qtool
