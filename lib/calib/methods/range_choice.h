#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"

namespace qtool {

/// What range methods know of the numbers that the range is for.
struct Grid {
  int levels = 256;        // 256 for 8 bits
  bool symmetric = false;  // the range will be made [−max(−min, max), max(−min, max)]
  std::optional<DType> float_type;  // float8 in place of integers; symmetric then

  static Grid of(DType dtype, bool symmetric);
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
  kDistribution,   // of float8: the deviation of the numbers onto that of the type's
  kAuto,           // of some others that with the least error of the layers that read the value
};
std::string_view name(RangeMethod method);
/// The method of that name, "minmax", "moving-average", "percentile"…; nothing if there is none.
std::optional<RangeMethod> find_range_method(std::string_view name);
std::string range_method_names();
/// Those that follow from statistics alone, in that order: all but kAuto, and kDistribution for float8
/// only.
std::vector<RangeMethod> statistics_methods(const Grid& grid);

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
