#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "advise/trial.h"
#include "calib/statistics/statistics.h"
#include "judge.h"
#include "measure/backend.h"

namespace qtool {

/// What all trials of one search have in common.
struct TrialSetting {
  Model model;                      // prepared, float
  std::string float_path;           // its file
  const SampleReader& calibration;  // samples for ranges
  const SampleOptions& calibration_options;
  const SampleReader& data;  // to judge by
  const SampleOptions& data_options;
  JudgeOptions judge;
  Backend backend;
  GateBounds bounds;
  int rounds = 0;
  std::filesystem::path folder;  // of trials on disk
  std::string basis;             // all that figures depend on besides the plan
  bool keep_models = false;
  bool quiet = false;
};

/// A model whose outputs are kept when it runs on all samples for the first time, as long as they are few, so
/// that it need not run on them again.
class RememberingModel {
 public:
  explicit RememberingModel(RunModel run) : run_(std::move(run)) {}
  /// Runs the model.
  const RunModel& run() const { return run_; }
  /// For one pass over all samples in their order: runs the model the first time, and again if the outputs
  /// were too many to keep.
  RunModel pass();

 private:
  RunModel run_;
  std::shared_ptr<std::vector<TensorMap>> outputs_;  // of a pass before
};

/// Quantizes candidates and measures them beside the float model. The plan of each trial and then its figures are
/// written to the folder, <candidate>.<8 digits>.plan.json and .figures.json, and so are statistics of calibration
/// samples; what is there already is not measured again.
class TrialRunner {
 public:
  explicit TrialRunner(TrialSetting setting);

  /// Throws Error if the candidate quantizes nothing.
  QuantPlan plan(const Candidate& candidate);
  Trial run(const Candidate& candidate, QuantPlan plan);
  /// The candidate with activations of 16 bits around these nodes, in QDQ form.
  Candidate widened(Candidate candidate, const std::vector<std::string>& nodes,
                    const std::string& change) const;
  /// The nodes that a trial quantizes, those that add most error first.
  std::vector<std::string> sensitivity(const Trial& trial) const;
  void time_again(const std::vector<Trial*>& trials);
  /// Writes the model of a trial.
  void save(const Trial& trial, const std::filesystem::path& path) const;
  /// The float model's own figures.
  const BenchResult& float_figures() const { return float_figures_; }
  /// How many trials were measured, and how many were there already.
  int measured() const { return measured_; }
  int found() const { return found_; }

 private:
  Ranges ranges(const Candidate& candidate);
  CalibrationTable statistics(const std::vector<std::string>& values) const;
  void judge(Trial& trial) const;
  Model quantized(const Trial& trial) const;
  std::filesystem::path stem(const std::string& name, const std::string& plan) const;
  std::vector<BenchResult> measure(const std::string& name, const std::vector<Contestant>& models);
  BenchResult figures(const std::string& name, const std::filesystem::path& file,
                      const std::function<BenchResult()>& measure);
  BenchResult measure_trial(const Trial& trial, const std::filesystem::path& model_path);

  TrialSetting setting_;
  std::string fingerprint_;
  std::vector<CalibrationTable> tables_;  // of different values
  RememberingModel float_model_;
  BenchResult float_figures_;
  int measured_ = 0, found_ = 0;
};

}  // namespace qtool
