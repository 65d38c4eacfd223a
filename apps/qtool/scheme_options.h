#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "quant/options.h"

namespace qtool {

/// What the command line says about types, weights and single nodes, as it was written.
struct SchemeOptions {
  std::string target;
  bool per_tensor = false;
  bool symmetric_activations = false;
  std::vector<std::string> op_types, include, exclude, keep_float, modes;
  std::string overrides;

  /// Adds all that to the options that the parser filled in. Rules in this order, of which later
  /// ones win: --op-types, --include, --exclude, --keep-float, --mode, --overrides.
  /// Throws Error for options that contradict each other.
  void fill(QuantOptions& quant) const;
};

/// Adds the options; `quant` gets the types and numbers, and has the command's mode.
void add_scheme_options(CLI::App& command, SchemeOptions& options, QuantOptions& quant);

}  // namespace qtool
