#pragma once

#include <map>
#include <string>

#include "calib/statistics/channels.h"
#include "calib/statistics/histogram.h"
#include "calib/statistics/sample_set.h"

namespace qtool {

/// What calibration keeps of one float value over all samples. What is kept depends on the samples and
/// their numbers alone, not on the order or the grouping in which they come.
struct Statistics {
  Extremes extremes;
  ExactSum sum, squares;  // of the elements; sums of a few thousand each are rounded, as double
  Histogram histogram;
  /// Extremes within each of the last samples, by the number of the sample.
  std::map<int64_t, Range> recent;

  static constexpr std::size_t kRecent = 1024;

  /// Takes in a float32 tensor of a sample. Throws Error on NaN or Inf.
  void observe(const Tensor& values, int64_t sample);
  /// Takes in what another run saw of other samples, or of other elements of these.
  void merge(const Statistics& other);
};

/// Statistics by value name, of some values for ranges only. For some values extremes or sums of each
/// channel as well.
struct CalibrationTable {
  std::map<std::string, Extremes> values;
  std::map<std::string, std::vector<Extremes>> channels;
  std::map<std::string, ChannelSums> sums;
  std::map<std::string, Statistics> statistics;
  SampleSet samples;  // that were run
};
/// Throws Error if a value has other numbers of channels, or both hold the same sample.
void merge(CalibrationTable& into, const CalibrationTable& from);

/// The range method "minmax" for everything in the table: what was seen; and the means.
Ranges choose_minmax(const CalibrationTable& table);

}  // namespace qtool
