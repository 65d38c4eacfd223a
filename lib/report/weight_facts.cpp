#include "report/weight_facts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/nearest.h"
#include "report/model_summary.h"
#include "tensor/cast.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

ValueId find_constant(const Graph& graph, const std::string& name) {
  for (const std::string& each : {name, name + "_quantized"})
    if (const ValueId id = graph.find(each); id != ValueId::kNone && graph.constant(id) != nullptr)
      return id;
  std::vector<std::string> names;
  for (const ValueId id : graph.values())
    if (graph.constant(id) != nullptr) names.push_back(graph.value(id).name);
  fail("there is no constant '{}'{}", name, did_you_mean(name, names));
}

std::optional<QuantParams> params_of(const Model& model, const std::string& name) {
  for (const auto& quantized : summarize(model).quantized)
    if (quantized.value == name && quantized.role == "weight") return quantized.params;
  return std::nullopt;
}

// Numbers in slices along an axis: calls visit(slice, element) for each.
template <class Visit>
void for_each_element(const Tensor& tensor, int axis, const Visit& visit) {
  int64_t behind = 1;
  for (auto i = static_cast<std::size_t>(axis + 1); axis >= 0 && i < tensor.rank(); ++i)
    behind *= tensor.dim(i);
  const int64_t count = axis < 0 ? 1 : tensor.dim(static_cast<std::size_t>(axis));
  for (int64_t i = 0; i < tensor.size(); ++i)
    visit(static_cast<std::size_t>(axis < 0 ? 0 : i / behind % count), i);
}

void add_reals(const Tensor& real, int axis, std::vector<WeightFacts::Slice>& slices) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (WeightFacts::Slice& slice : slices) {
    slice.min = kInfinity;
    slice.max = -kInfinity;
  }
  std::vector<double> sums(slices.size()), squares(slices.size());
  std::vector<int64_t> counts(slices.size());
  for_each_element(real, axis, [&](std::size_t s, int64_t i) {
    const double value = real.data<float>()[i];
    slices[s].min = std::min(slices[s].min, value);
    slices[s].max = std::max(slices[s].max, value);
    sums[s] += value;
    squares[s] += value * value;
    ++counts[s];
  });
  for (std::size_t s = 0; s < slices.size(); ++s) {
    if (counts[s] == 0) continue;
    const auto n = static_cast<double>(counts[s]);
    slices[s].mean = sums[s] / n;
    slices[s].deviation =
        std::sqrt(std::max(0.0, squares[s] / n - slices[s].mean * slices[s].mean));
  }
}

void add_integers(const Tensor& stored, const QuantParams& params,
                  std::vector<WeightFacts::Slice>& slices) {
  if (largest_number(params.dtype)) return;  // floating point of 8 bits
  const std::vector<int64_t> integers = to_int64s(widen(stored));
  const bool has_ends = bits(stored.dtype()) <= 16;  // int32 is for biases, which do not reach them
  const QuantRange range = has_ends ? quant_range(stored.dtype()) : QuantRange{0, 0};
  std::vector<int64_t> counts(slices.size()), ends(slices.size());
  for_each_element(stored, params.axis, [&](std::size_t s, int64_t i) {
    const int64_t value = integers[static_cast<std::size_t>(i)];
    slices[s].low = counts[s] == 0 ? value : std::min(slices[s].low, value);
    slices[s].high = counts[s] == 0 ? value : std::max(slices[s].high, value);
    ends[s] += has_ends && (value == range.min || value == range.max);
    ++counts[s];
  });
  for (std::size_t s = 0; s < slices.size(); ++s)
    if (counts[s] > 0) slices[s].at_ends = double(ends[s]) / double(counts[s]);
}

}  // namespace

WeightFacts weight_facts(const Model& model, const std::string& name) {
  const ValueId id = find_constant(model.graph, name);
  WeightFacts facts;
  facts.name = model.graph.value(id).name;
  facts.stored = *model.graph.constant(id);
  facts.params = params_of(model, facts.name);
  if (facts.stored.dtype() == DType::kString) fail("constant '{}' holds text", facts.name);
  if (facts.params && facts.params->block > 0)
    fail("constant '{}' is quantized in blocks, which cannot be shown", facts.name);
  facts.real = facts.params ? dequantize(facts.stored, *facts.params)
                            : cast(widen(facts.stored), DType::kFloat32);
  facts.slices.resize(facts.params ? facts.params->scale.size() : 1);
  for (std::size_t s = 0; facts.params && s < facts.slices.size(); ++s) {
    facts.slices[s].scale = facts.params->scale[s];
    facts.slices[s].zero_point = facts.params->zero_point[s];
  }
  add_reals(facts.real, facts.params ? facts.params->axis : -1, facts.slices);
  if (facts.params) add_integers(facts.stored, *facts.params, facts.slices);
  return facts;
}

}  // namespace qtool
