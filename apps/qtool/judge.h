#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "measure/measure.h"
#include "sample_options.h"

namespace qtool {

/// What the outputs of models are judged by, as `qtool bench` and `qtool advise` take it.
struct JudgeOptions {
  std::string labels;
  AccuracyOptions accuracy;  // its labels are read by judge_outputs
  std::string metric_command;
  bool lower_is_better = false;

  /// Whether there is something that scores outputs.
  bool has_score() const { return !labels.empty() || !metric_command.empty(); }
};

/// Adds --labels, --metric, --output, --metric-cmd and --lower-is-better.
void add_judge_options(CLI::App& command, JudgeOptions& options);
/// Throws CLI::ValidationError for options that do not go together.
void check_judge_options(const JudgeOptions& options);

/// Runs all models on all samples and fills in accuracy, of the user's own command too. Outputs are written
/// to `folder` unless that is empty, each model's to a folder called by its file.
void judge_outputs(const JudgeOptions& options, const std::filesystem::path& folder,
                   const std::vector<Contestant>& models, const SampleReader& samples,
                   const SampleOptions& sample_options, std::vector<BenchResult>& results,
                   const Progress& progress);

}  // namespace qtool
