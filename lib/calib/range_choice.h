#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qtool {

/// What range methods know of the integers that the range is for.
struct Grid {
  int levels = 256;        // 256 for 8 bits
  bool symmetric = false;  // the range will be made [−max(−min, max), max(−min, max)]
};

/// How the range of a value follows from its statistics. See docs/quantization.md.
enum class RangeMethod : uint8_t {
  kMinMax,         // what was seen
  kMovingAverage,  // moving averages of the extremes of the samples, in their order
  kPercentile,     // without the outermost numbers
  kEntropy,        // least Kullback-Leibler divergence
  kMse,            // least squared error
  kL2,             // the same by the search of PyTorch's HistogramObserver
  kDeviation,      // mean ± k standard deviations
  kAuto,           // of some others that with the least error of the layers that read the value
};
std::string_view name(RangeMethod method);
/// The method of that name, "minmax", "moving-average", "percentile"…; nothing if there is none.
std::optional<RangeMethod> find_range_method(std::string_view name);
std::string range_method_names();
/// Those that follow from statistics alone: all but kAuto, in that order.
std::vector<RangeMethod> statistics_methods();

/// The method with what it needs to know.
struct RangeChoice {
  RangeMethod method = RangeMethod::kMinMax;
  double percentile = 99.999;  // in percent of the numbers, of both ends together
  double averaging = 0.01;     // weight of a new sample
  double deviations = 4;
  Grid grid;
};

/// A number that a method needs to know, by a name of its own.
struct RangeParameter {
  std::string_view name;
  RangeMethod method;
  double RangeChoice::*field;
  double least, most;  // that it may be
  std::string_view meaning;
};
std::span<const RangeParameter> range_parameters();

/// "entropy", "percentile 99.9": the method with its number.
std::string to_string(const RangeChoice& choice);

/// How the range of each value is chosen, by its name.
using RangeChoices = std::map<std::string, RangeChoice>;

}  // namespace qtool
