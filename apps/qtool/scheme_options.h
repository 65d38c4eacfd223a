#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "quant/options.h"

namespace qtool {

/// What the command line says about types, weights and single nodes, as it was written.
struct SchemeOptions {
  bool per_channel = false, per_tensor = false;
  bool symmetric_activations = false;
  bool has_target = false;
  std::vector<std::string> op_types, include, exclude, keep_float, modes;
  std::string overrides;
  std::vector<const CLI::Option*> given_by;  // the options that set all that

  /// Adds all that to the options that the parser filled in. Rules in this order, of which later
  /// ones win: --op-types, --include, --exclude, --keep-float, --mode, --overrides.
  /// Throws Error for options that contradict each other.
  void fill(QuantOptions& quant) const;
  /// Throws CLI::ExcludesError if one of the options is given beside `other`, which settles them all.
  void exclude_with(const std::string& other) const;
};

/// Adds the options; `quant` gets the types and numbers, and has the command's mode.
void add_scheme_options(CLI::App& command, SchemeOptions& options, QuantOptions& quant);

}  // namespace qtool
