#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "calib/reader.h"

namespace qtool {

/// Options that say where samples lie and how stored numbers become what the model takes.
struct SampleOptions {
  std::string path;
  int64_t max_samples = 0;
  std::string scale = "1";  // a number or a fraction, "1/255"
  std::vector<float> mean = {0};
  std::vector<float> std = {1};

  /// Throws Error for a scale that is neither.
  ReaderOptions reader_options() const;
};

/// Adds `flag` (--calib, --data) with --max-samples, --scale, --mean and --std.
void add_sample_options(CLI::App& command, const std::string& flag, SampleOptions& options);

}  // namespace qtool
