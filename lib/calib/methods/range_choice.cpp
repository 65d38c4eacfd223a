#include "calib/methods/range_choice.h"

#include "base/named.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

constexpr std::array<Named<RangeMethod>, 9> kMethods = {
    {{"minmax", RangeMethod::kMinMax},
     {"moving-average", RangeMethod::kMovingAverage},
     {"percentile", RangeMethod::kPercentile},
     {"entropy", RangeMethod::kEntropy},
     {"mse", RangeMethod::kMse},
     {"l2", RangeMethod::kL2},
     {"deviation", RangeMethod::kDeviation},
     {"distribution", RangeMethod::kDistribution},
     {"auto", RangeMethod::kAuto}}};

constexpr std::array<RangeParameter, 3> kParameters = {
    {{"percentile", RangeMethod::kPercentile, &RangeChoice::percentile, 50, 100,
      "percent of the numbers that are kept"},
     {"averaging", RangeMethod::kMovingAverage, &RangeChoice::averaging, 1e-6, 1,
      "weight of each sample"},
     {"deviations", RangeMethod::kDeviation, &RangeChoice::deviations, 0.1, 1000,
      "standard deviations that are kept on both sides"}}};

}  // namespace

Grid Grid::of(DType dtype, bool symmetric) {
  Grid grid{.levels = 1 << bits(dtype), .symmetric = symmetric, .float_type = {}};
  if (largest_number(dtype)) grid = {.symmetric = true, .float_type = dtype};
  return grid;
}

std::string_view name(RangeMethod method) { return name_of(kMethods, method); }
std::optional<RangeMethod> find_range_method(std::string_view name) {
  return find_named(kMethods, name);
}
std::string range_method_names() { return names_of(kMethods); }

std::vector<RangeMethod> statistics_methods(const Grid& grid) {
  std::vector<RangeMethod> methods;
  for (const auto& row : kMethods)
    if (row.value != RangeMethod::kAuto &&
        (row.value != RangeMethod::kDistribution || grid.float_type))
      methods.push_back(row.value);
  return methods;
}

std::span<const RangeParameter> range_parameters() { return kParameters; }

std::string to_string(const RangeChoice& choice) {
  for (const RangeParameter& parameter : kParameters)
    if (parameter.method == choice.method)
      return fmt::format("{} {}", name(choice.method), choice.*parameter.field);
  return std::string(name(choice.method));
}

}  // namespace qtool
