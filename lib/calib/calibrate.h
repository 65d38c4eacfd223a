#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "calib/readers/reader.h"
#include "calib/statistics/statistics.h"

namespace qtool {

/// Names of the values to calibrate; those in `channels` and `means`, with the axis of the channels,
/// stand in `values` too.
struct CalibrationTargets {
  std::vector<std::string> values;
  std::map<std::string, int> channels = {};
  std::map<std::string, int> means = {};
  /// Others, of which finite numbers alone count: they help if there are samples.
  std::set<std::string> finite = {};
};

/// Takes in one value of one sample, as the executor shows it; all of its statistics if asked for, else
/// what ranges need. Throws Error if it is not finite.
void observe(const CalibrationTargets& targets, bool statistics, int64_t sample,
             const std::string& name, const Tensor& value, Layout layout, CalibrationTable& table);

/// Called after each sample: done, total (0: not known).
using Progress = std::function<void(int64_t done, int64_t total)>;
/// Called after each sample with what was gathered so far; false ends the run.
using Checkpoint = std::function<bool(const CalibrationTable& table)>;

/// Which samples to run, and what to keep.
struct CalibrationRun {
  /// Every `shards`-th sample from `shard` on.
  int64_t shard = 0;
  int64_t shards = 1;
  bool statistics = false;  // of all values: what range methods other than minmax need
};

/// Runs the model, moved from or a copy, on those samples that `table` does not hold, and adds their
/// statistics of the targets to it. Throws Error naming sample and value if a value is not finite.
void calibrate(Model model, const SampleReader& samples, const CalibrationTargets& targets,
               const CalibrationRun& run, CalibrationTable& table, const Progress& progress = {},
               const Checkpoint& checkpoint = {});

}  // namespace qtool
