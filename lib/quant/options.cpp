#include "quant/options.h"

#include <array>

#include "base/error.h"

namespace qtool {
namespace {

template <class T>
struct Named {
  T value;
  std::string_view name;
};

constexpr std::array<Named<Mode>, 5> kModes = {{{Mode::kFloat, "float"},
                                                {Mode::kStatic, "static"},
                                                {Mode::kDynamic, "dynamic"},
                                                {Mode::kWeightOnly, "weight_only"},
                                                {Mode::kFloat16, "float16"}}};

constexpr std::array<Named<WeightMethod>, 4> kWeightMethods = {
    {{WeightMethod::kMinMax, "minmax"},
     {WeightMethod::kMse, "mse"},
     {WeightMethod::kPercentile, "percentile"},
     {WeightMethod::kHqq, "hqq"}}};

template <class Table, class T>
std::string_view name_in(const Table& table, T value) {
  for (const auto& each : table)
    if (each.value == value) return each.name;
  QTOOL_ASSERT(false);
}

template <class T, std::size_t N>
std::optional<T> find_in(const std::array<Named<T>, N>& table, std::string_view name) {
  for (const auto& each : table)
    if (each.name == name) return each.value;
  return std::nullopt;
}

}  // namespace

std::string_view name(Mode mode) { return name_in(kModes, mode); }
std::optional<Mode> find_mode(std::string_view name) { return find_in(kModes, name); }
std::string_view name(WeightMethod method) { return name_in(kWeightMethods, method); }
std::optional<WeightMethod> find_weight_method(std::string_view name) {
  return find_in(kWeightMethods, name);
}

}  // namespace qtool
