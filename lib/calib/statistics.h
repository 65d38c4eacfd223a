#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/exact_sum.h"
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
  void observe(std::span<const float> values);
  /// The same for its finite elements.
  void observe_finite(const Tensor& values);
  /// Takes in what another run saw; exact and free of order.
  void merge(const Statistics& other);
};

/// The mean of each channel of a value; exact and free of order from sample to sample.
struct ChannelSums {
  int64_t count = 0;  // elements of each channel
  std::vector<ExactSum> sums;

  /// Takes in a finite float32 tensor with its channels along `axis` (−1: the last). Throws Error for a
  /// tensor without that axis or of rank 1, or another number of channels than before.
  void observe(const Tensor& values, int axis);
  /// Throws Error for another number of channels.
  void merge(const ChannelSums& other);
  std::vector<float> means() const;
};

/// Statistics by value name, and for some values one for each index of an axis as well, or its mean.
struct CalibrationTable {
  std::map<std::string, Statistics> values;
  std::map<std::string, std::vector<Statistics>> channels;
  std::map<std::string, ChannelSums> sums;
};
/// Throws Error if a value has other numbers of channels.
void merge(CalibrationTable& into, const CalibrationTable& from);
/// Takes in a float32 tensor index by index of `axis` (−1: the last). Throws Error on NaN or Inf, a
/// tensor without that axis or of rank 1, another number of channels than before.
void observe_channels(std::vector<Statistics>& channels, const Tensor& values, int axis);

/// Real numbers that a value is taken to lie in.
struct Range {
  float min = 0;
  float max = 0;
  bool operator==(const Range&) const = default;
};

/// The range method "minmax": what was seen.
Range choose_minmax(const Statistics& statistics);

/// Ranges of a model's values by name, of the whole value and for some of each channel, and for some
/// the mean of each channel.
struct Ranges {
  std::map<std::string, Range> values;
  std::map<std::string, std::vector<Range>> channels;
  std::map<std::string, std::vector<float>> means;
};
/// choose_minmax of everything in the table, and the means.
Ranges choose_minmax(const CalibrationTable& table);

/// Names of the values to calibrate; those in `channels` and `means`, with the axis of the channels,
/// stand in `values` too.
struct CalibrationTargets {
  std::vector<std::string> values;
  std::map<std::string, int> channels = {};
  std::map<std::string, int> means = {};
  /// Others, of which finite numbers alone count: they help if there are samples.
  std::set<std::string> finite = {};
};

/// Called after each sample: done, total.
using Progress = std::function<void(int64_t done, int64_t total)>;

/// Runs the model on every sample and gathers statistics of the targets.
/// Throws Error naming sample and value if a value is not finite.
CalibrationTable calibrate(const Model& model, const SampleReader& samples,
                           const CalibrationTargets& targets, const Progress& progress = {});

}  // namespace qtool
