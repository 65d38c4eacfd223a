#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "calib/reader.h"
#include "runtime/executor.h"

namespace qtool {

/// What calibration keeps of one float value over all samples.
struct Statistics {
  int64_t count = 0;  // elements seen
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  /// Takes in all elements of a float32 tensor. Throws Error on NaN or Inf.
  void observe(const Tensor& values);
  /// Takes in what another run saw; exact and free of order.
  void merge(const Statistics& other);
};

/// Statistics by value name.
struct CalibrationTable {
  std::map<std::string, Statistics> values;
};
void merge(CalibrationTable& into, const CalibrationTable& from);

/// Real numbers that a value is taken to lie in.
struct Range {
  float min = 0;
  float max = 0;
  bool operator==(const Range&) const = default;
};

/// The range method "minmax": what was seen.
Range choose_minmax(const Statistics& statistics);

/// Called after each sample: done, total.
using Progress = std::function<void(int64_t done, int64_t total)>;

/// Runs the model on every sample and gathers statistics of the named values.
/// Throws Error naming sample and value if a value is not finite.
CalibrationTable calibrate(const Model& model, const SampleReader& samples,
                           const std::vector<std::string>& values, const Progress& progress = {});

}  // namespace qtool
