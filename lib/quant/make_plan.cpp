#include <algorithm>

#include "ops/op.h"
#include "quant/channel_scales.h"
#include "quant/groups.h"
#include "quant/plan.h"
#include "quant/selection.h"
#include "quant/useful_range.h"
#include "quant/weights.h"

namespace qtool {
namespace {

// The range of a value: known from its operator, or what of the measured one matters.
Range range_of(const Graph& graph, ValueId id, const Ranges& ranges) {
  const Value& value = graph.value(id);
  if (value.producer != NodeId::kNone)
    if (const auto fixed = quant_traits(graph.node(value.producer)).fixed_output)
      return {fixed->first, fixed->second};
  const auto it = ranges.values.find(value.name);
  if (it == ranges.values.end()) fail("the calibration has no range for value '{}'", value.name);
  return useful_range(graph, id, it->second);
}

// Parameters of every activation by its group, from the union of the group's ranges.
std::map<ValueId, QuantParams> group_params(const Graph& graph,
                                            const std::map<ValueId, ValueId>& groups,
                                            const Ranges& ranges, const QuantOptions& options) {
  std::map<ValueId, Range> united;
  for (const auto& [value, group] : groups) {
    const Range range = range_of(graph, value, ranges);
    const auto [it, is_new] = united.emplace(group, range);
    it->second = {std::min(it->second.min, range.min), std::max(it->second.max, range.max)};
  }
  std::map<ValueId, QuantParams> result;
  for (const auto& entry : united) {
    const Range& range = entry.second;
    const auto in_value = [&] { return fmt::format("value '{}'", graph.value(entry.first).name); };
    result[entry.first] = with_context(in_value, [&] {
      return choose_params(range.min, range.max, options.activation.dtype,
                           options.activation.symmetric);
    });
  }
  return result;
}

// Factors by value: channels of it are quantized by scale · factor.
using ChannelFactors = std::map<ValueId, std::vector<float>>;

// Gives the channels of some values scales of their own; their group's scale is then the largest.
ChannelFactors choose_channel_factors(const Graph& graph, const Selection& selection,
                                      const Ranges& ranges, const QuantOptions& options,
                                      std::map<ValueId, QuantParams>& params) {
  ChannelFactors factors;
  for (const ValueId value : selection.activations) {
    const auto measured = ranges.channels.find(graph.value(value).name);
    if (measured == ranges.channels.end() ||
        readers_that_scale(graph, selection, value, options).empty())
      continue;
    const ChannelScales scales = choose_channel_scales(measured->second, options.activation.dtype);
    const float largest = *std::max_element(scales.scale.begin(), scales.scale.end());
    params[value] = {
        .dtype = options.activation.dtype, .scale = {largest}, .zero_point = {scales.zero_point}};
    for (const float scale : scales.scale) factors[value].push_back(scale / largest);
  }
  return factors;
}

// The weight as it will be quantized: with the factors of the channels that it reads.
Tensor effective_weight(const Graph& graph, ValueId weight, const ChannelFactors& factors) {
  const Tensor& tensor = *graph.constant(weight);
  for (const NodeId reader : graph.value(weight).consumers)
    if (const auto it = factors.find(graph.node(reader).inputs[0]); it != factors.end())
      return scale_slices(tensor, it->second);
  return tensor;
}

QuantParams weight_params(const Graph& graph, ValueId weight, const Tensor& tensor, int axis,
                          const QuantOptions& options) {
  return with_context([&] { return fmt::format("weight '{}'", graph.value(weight).name); },
                      [&] { return choose_weight_params(tensor, options.weight, axis, -1); });
}

std::vector<NodePlan> node_plans(const Graph& graph, const Selection& selection) {
  std::vector<NodePlan> plans;
  for (const NodeId id : graph.nodes()) plans.push_back(selection.nodes.at(id));
  return plans;
}

void add_activations(const Graph& graph, const std::map<ValueId, ValueId>& groups,
                     const std::map<ValueId, QuantParams>& params, const ChannelFactors& factors,
                     QuantPlan& plan) {
  std::map<ValueId, int> members;
  for (const auto& [value, group] : groups) ++members[group];
  for (const auto& [value, group] : groups)
    plan.tensors.push_back(
        {.value = graph.value(value).name,
         .params = params.at(group),
         .source = members[group] > 1 ? Source::kShared : Source::kOwn,
         .group = graph.value(group).name,
         .channel_factors = factors.contains(value) ? factors.at(value) : std::vector<float>()});
}

// Every static node that adds a bias to a weight bounds the weight's scale from below.
void fit_biases(const Graph& graph, const Selection& selection,
                const std::map<ValueId, ValueId>& groups,
                const std::map<ValueId, QuantParams>& params,
                std::map<ValueId, QuantParams>& weights) {
  for (const auto& [id, node_plan] : selection.nodes) {
    const Node& node = graph.node(id);
    if (node_plan.mode != Mode::kStatic || node.inputs.size() < 3) continue;
    const auto weight = weights.find(node.inputs[1]);
    const Tensor* bias = graph.constant_input(node, 2);
    if (weight == weights.end() || bias == nullptr) continue;
    fit_bias(weight->second, *graph.constant(weight->first), *bias,
             params.at(groups.at(node.inputs[0])).scale[0]);
  }
}

Selection select(const Graph& graph, const QuantOptions& options) {
  QTOOL_ASSERT(options.mode == Mode::kStatic || options.mode == Mode::kDynamic);
  return options.mode == Mode::kStatic ? select_static(graph, options)
                                       : select_dynamic(graph, options);
}

}  // namespace

std::string_view name(Source source) {
  switch (source) {
    case Source::kOwn:
      return "own";
    case Source::kShared:
      return "shared";
    case Source::kDerived:
      return "derived";
  }
  QTOOL_ASSERT(false);
}

CalibrationTargets values_to_calibrate(const Graph& graph, const QuantOptions& options) {
  const Selection selection = select(graph, options);
  CalibrationTargets targets;
  for (const ValueId value : selection.activations) {
    targets.values.push_back(graph.value(value).name);
    if (!readers_that_scale(graph, selection, value, options).empty())
      targets.channels.insert(graph.value(value).name);
  }
  return targets;
}

QuantPlan make_plan(const Graph& graph, const Ranges& ranges, const QuantOptions& options) {
  const Selection selection = select(graph, options);
  const auto groups = find_groups(graph, selection);
  auto params = group_params(graph, groups, ranges, options);
  const ChannelFactors factors = choose_channel_factors(graph, selection, ranges, options, params);
  std::map<ValueId, QuantParams> weights;
  for (const auto& [weight, axis] : selection.weights)
    weights[weight] =
        weight_params(graph, weight, effective_weight(graph, weight, factors), axis, options);
  fit_biases(graph, selection, groups, params, weights);

  QuantPlan plan{.nodes = node_plans(graph, selection), .tensors = {}};
  add_activations(graph, groups, params, factors, plan);
  for (const auto& [weight, quantization] : weights)
    plan.tensors.push_back({.value = graph.value(weight).name, .params = quantization});
  return plan;
}

}  // namespace qtool
