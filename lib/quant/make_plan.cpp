#include <algorithm>

#include "ops/op.h"
#include "quant/groups.h"
#include "quant/plan.h"
#include "quant/selection.h"
#include "quant/useful_range.h"
#include "quant/weights.h"

namespace qtool {
namespace {

// The range of a value: known from its operator, or what of the measured one matters.
Range range_of(const Graph& graph, ValueId id, const std::map<std::string, Range>& ranges) {
  const Value& value = graph.value(id);
  if (value.producer != NodeId::kNone)
    if (const auto fixed = quant_traits(graph.node(value.producer)).fixed_output)
      return {fixed->first, fixed->second};
  const auto it = ranges.find(value.name);
  if (it == ranges.end()) fail("the calibration has no range for value '{}'", value.name);
  return useful_range(graph, id, it->second);
}

// Parameters of every activation by its group, from the union of the group's ranges.
std::map<ValueId, QuantParams> group_params(const Graph& graph,
                                            const std::map<ValueId, ValueId>& groups,
                                            const std::map<std::string, Range>& ranges,
                                            const QuantOptions& options) {
  std::map<ValueId, Range> united;
  for (const auto& [value, group] : groups) {
    const Range range = range_of(graph, value, ranges);
    const auto [it, is_new] = united.emplace(group, range);
    it->second = {std::min(it->second.min, range.min), std::max(it->second.max, range.max)};
  }
  std::map<ValueId, QuantParams> result;
  for (const auto& [group, range] : united)
    result[group] =
        with_context([&] { return fmt::format("value '{}'", graph.value(group).name); },
                     [&] {
                       return choose_params(range.min, range.max, options.activation_type,
                                            options.symmetric_activations);
                     });
  return result;
}

QuantParams weight_params(const Graph& graph, ValueId weight, int axis,
                          const QuantOptions& options) {
  return with_context([&] { return fmt::format("weight '{}'", graph.value(weight).name); },
                      [&] {
                        return choose_weight_params(
                            *graph.constant(weight),
                            {.dtype = options.weight_type,
                             .symmetric = options.symmetric_weights,
                             .axis = options.per_channel ? axis : kPerTensor});
                      });
}

std::vector<NodePlan> node_plans(const Graph& graph, const Selection& selection) {
  std::vector<NodePlan> plans;
  for (const NodeId id : graph.nodes()) plans.push_back(selection.nodes.at(id));
  return plans;
}

void add_activations(const Graph& graph, const std::map<ValueId, ValueId>& groups,
                     const std::map<ValueId, QuantParams>& params, QuantPlan& plan) {
  std::map<ValueId, int> members;
  for (const auto& [value, group] : groups) ++members[group];
  for (const auto& [value, group] : groups)
    plan.tensors.push_back({.value = graph.value(value).name,
                            .params = params.at(group),
                            .source = members[group] > 1 ? Source::kShared : Source::kOwn,
                            .group = graph.value(group).name});
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

std::string_view name(Mode mode) {
  switch (mode) {
    case Mode::kFloat:
      return "float";
    case Mode::kStatic:
      return "static";
    case Mode::kDynamic:
      return "dynamic";
    case Mode::kWeightOnly:
      return "weight_only";
  }
  QTOOL_ASSERT(false);
}

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

std::vector<std::string> values_to_calibrate(const Graph& graph, const QuantOptions& options) {
  std::vector<std::string> names;
  for (const ValueId value : select(graph, options).activations)
    names.push_back(graph.value(value).name);
  return names;
}

QuantPlan make_plan(const Graph& graph, const std::map<std::string, Range>& ranges,
                    const QuantOptions& options) {
  const Selection selection = select(graph, options);
  const auto groups = find_groups(graph, selection);
  const auto params = group_params(graph, groups, ranges, options);
  std::map<ValueId, QuantParams> weights;
  for (const auto& [weight, axis] : selection.weights)
    weights[weight] = weight_params(graph, weight, axis, options);
  fit_biases(graph, selection, groups, params, weights);

  QuantPlan plan{.nodes = node_plans(graph, selection), .tensors = {}};
  add_activations(graph, groups, params, plan);
  for (const auto& [weight, quantization] : weights)
    plan.tensors.push_back({.value = graph.value(weight).name, .params = quantization});
  return plan;
}

}  // namespace qtool
