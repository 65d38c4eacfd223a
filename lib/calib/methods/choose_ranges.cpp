#include "calib/methods/choose_ranges.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace qtool {
namespace {

// r ← r + c (x − r) for both ends, from the first sample on.
Range moving_average(const std::map<int64_t, Range>& recent, double averaging) {
  double low = recent.begin()->second.min, high = recent.begin()->second.max;
  for (const auto& [sample, range] : recent) {
    low += averaging * (range.min - low);
    high += averaging * (range.max - high);
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

struct Moments {
  double mean, deviation;
};
Moments moments(const Statistics& statistics) {
  const auto count = static_cast<double>(statistics.extremes.count);
  const double mean = statistics.sum.value() / count;
  return {mean, std::sqrt(std::max(0.0, statistics.squares.value() / count - mean * mean))};
}

Range deviation_range(const Statistics& statistics, double deviations) {
  const auto [mean, deviation] = moments(statistics);
  const double half = deviations * deviation;
  return {std::max(statistics.extremes.min, static_cast<float>(mean - half)),
          std::min(statistics.extremes.max, static_cast<float>(mean + half))};
}

}  // namespace

Range choose_range(const Statistics& statistics, const RangeChoice& choice) {
  const Range seen = statistics.extremes.range();
  if (statistics.extremes.count == 0) return seen;
  switch (choice.method) {
    case RangeMethod::kMinMax:
      return seen;
    case RangeMethod::kMovingAverage:
      return moving_average(statistics.recent, choice.averaging);
    case RangeMethod::kPercentile:
      return percentile_range(statistics.histogram, seen, choice.percentile, choice.grid);
    case RangeMethod::kEntropy:
      return entropy_range(statistics.histogram, seen, choice.grid);
    case RangeMethod::kMse:
      return mse_range(statistics.histogram, seen, choice.grid);
    case RangeMethod::kL2:
      return l2_range(statistics.histogram, seen, choice.grid);
    case RangeMethod::kDeviation:
      return deviation_range(statistics, choice.deviations);
    case RangeMethod::kDistribution:
      QTOOL_ASSERT(choice.grid.float_type);
      return seen.min == seen.max
                 ? seen  // a constant
                 : distribution_range(moments(statistics).deviation, *choice.grid.float_type);
    case RangeMethod::kAuto:
      break;
  }
  QTOOL_ASSERT(false);
}

Ranges choose_ranges(const CalibrationTable& table, const RangeChoices& choices) {
  Ranges ranges = choose_minmax(table);
  for (const auto& [name, choice] : choices) {
    const auto statistics = table.statistics.find(name);
    if (choice.method == RangeMethod::kMinMax || statistics == table.statistics.end()) continue;
    ranges.values[name] = choose_range(statistics->second, choice);
    ranges.methods[name] = to_string(choice);
  }
  return ranges;
}

}  // namespace qtool
