#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// One rewrite of a model. `run` returns true if it changed something.
struct Pass {
  std::string_view name;  // verb_object: the name of its file, its function and on the command line
  std::string_view summary;  // one line for --help
  bool (*run)(Model&);
};

struct PassReport {
  std::string_view pass;
  bool changed;
  double seconds;
};

struct PassOptions {
  /// Runs each pass on the bodies of If, Loop and Scan too, after the graph around them.
  bool bodies = false;
  /// Called after each pass with the model as it then is: for --print-after and --time-passes.
  std::function<void(const PassReport&, const Model&)> after;
};

/// Runs the passes in order, verifying the model after each that changed it. An Error gets the
/// pass as context.
void run_passes(Model& model, std::span<const Pass> passes, const PassOptions& options = {});

/// The pipeline that prepares a float model for quantization, in order.
std::span<const Pass> prepare_pipeline();
/// The passes that turn a model in QDQ form into one of quantized operators.
std::span<const Pass> qoperator_pipeline();
/// The passes that turn a model of quantized operators, or of another tool, into one in QDQ form.
std::span<const Pass> qdq_pipeline();
/// The passes that lower a model for running; what they make never goes into a file.
std::span<const Pass> runtime_pipeline();
/// The pipeline for a model that a plan was applied to, if it stays in QDQ form.
std::span<const Pass> finish_pipeline();
/// The pass of that name in any pipeline, or null.
const Pass* find_pass(std::string_view name);

}  // namespace qtool
