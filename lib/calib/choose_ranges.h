#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "calib/methods/methods.h"
#include "calib/statistics.h"

namespace qtool {

/// How the range of a value follows from its statistics. See docs/quantization.md.
enum class RangeMethod : uint8_t {
  kMinMax,         // what was seen
  kMovingAverage,  // moving averages of the extremes of the samples, in their order
  kPercentile,     // without the outermost numbers
  kEntropy,        // least Kullback-Leibler divergence
  kMse,            // least squared error
  kDeviation,      // mean ± k standard deviations
};
std::string_view name(RangeMethod method);
/// The method of that name, "minmax", "moving-average", "percentile"…; nothing if there is none.
std::optional<RangeMethod> find_range_method(std::string_view name);
std::string range_method_names();
/// All of them, in the order of range_method_names.
std::vector<RangeMethod> range_methods();

/// The method with what it needs to know.
struct RangeChoice {
  RangeMethod method = RangeMethod::kMinMax;
  double percentile = 99.999;  // in percent of the numbers, of both ends together
  double averaging = 0.01;     // weight of a new sample
  double deviations = 4;
  Grid grid;
};

/// The range of one value. Moving averages start with the first of the samples that are kept.
Range choose_range(const Statistics& statistics, const RangeChoice& choice);

/// Ranges of all values in the table, those of channels as they were seen, and the means. Values without
/// statistics, and all with kMinMax, as they were seen.
Ranges choose_ranges(const CalibrationTable& table, const RangeChoice& choice);

}  // namespace qtool
