#include "quant/options.h"

#include "base/named.h"

namespace qtool {
namespace {

constexpr std::array<Named<Mode>, 5> kModes = {{{"float", Mode::kFloat},
                                                {"static", Mode::kStatic},
                                                {"dynamic", Mode::kDynamic},
                                                {"weight_only", Mode::kWeightOnly},
                                                {"float16", Mode::kFloat16}}};

constexpr std::array<Named<WeightMethod>, 4> kWeightMethods = {
    {{"minmax", WeightMethod::kMinMax},
     {"mse", WeightMethod::kMse},
     {"percentile", WeightMethod::kPercentile},
     {"hqq", WeightMethod::kHqq}}};

}  // namespace

std::string_view name(Mode mode) { return name_of(kModes, mode); }
std::optional<Mode> find_mode(std::string_view name) { return find_named(kModes, name); }
std::string mode_names() { return names_of(kModes); }

std::string_view name(WeightMethod method) { return name_of(kWeightMethods, method); }
std::optional<WeightMethod> find_weight_method(std::string_view name) {
  return find_named(kWeightMethods, name);
}
std::string weight_method_names() { return names_of(kWeightMethods); }

bool symmetric_by_default(DType weight_type) {
  return weight_type != DType::kUInt8 && weight_type != DType::kUInt4;
}

}  // namespace qtool
