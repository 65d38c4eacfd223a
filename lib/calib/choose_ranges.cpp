#include "calib/choose_ranges.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/named.h"

namespace qtool {
namespace {

constexpr std::array<Named<RangeMethod>, 6> kMethods = {
    {{"minmax", RangeMethod::kMinMax},
     {"moving-average", RangeMethod::kMovingAverage},
     {"percentile", RangeMethod::kPercentile},
     {"entropy", RangeMethod::kEntropy},
     {"mse", RangeMethod::kMse},
     {"deviation", RangeMethod::kDeviation}}};

// r ← r + c (x − r) for both ends, from the first sample on.
Range moving_average(const std::map<int64_t, Range>& recent, double averaging) {
  double low = recent.begin()->second.min, high = recent.begin()->second.max;
  for (const auto& [sample, range] : recent) {
    low += averaging * (range.min - low);
    high += averaging * (range.max - high);
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

Range deviation_range(const Statistics& statistics, double deviations) {
  const auto count = static_cast<double>(statistics.extremes.count);
  const double mean = statistics.sum.value() / count;
  const double variance = std::max(0.0, statistics.squares.value() / count - mean * mean);
  const double half = deviations * std::sqrt(variance);
  return {std::max(statistics.extremes.min, static_cast<float>(mean - half)),
          std::min(statistics.extremes.max, static_cast<float>(mean + half))};
}

}  // namespace

std::string_view name(RangeMethod method) { return name_of(kMethods, method); }
std::optional<RangeMethod> find_range_method(std::string_view name) {
  return find_named(kMethods, name);
}
std::string range_method_names() { return names_of(kMethods); }
std::vector<RangeMethod> range_methods() {
  std::vector<RangeMethod> methods;
  for (const auto& row : kMethods) methods.push_back(row.value);
  return methods;
}

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
    case RangeMethod::kDeviation:
      return deviation_range(statistics, choice.deviations);
  }
  QTOOL_ASSERT(false);
}

Ranges choose_ranges(const CalibrationTable& table, const RangeChoice& choice) {
  Ranges ranges = choose_minmax(table);
  for (const auto& [name, statistics] : table.statistics)
    ranges.values[name] = choose_range(statistics, choice);
  return ranges;
}

}  // namespace qtool
