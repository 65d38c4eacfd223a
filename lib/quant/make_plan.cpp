#include <algorithm>

#include "base/parallel.h"
#include "ir/bodies.h"
#include "ops/op.h"
#include "passes/activation.h"
#include "passes/rewrite.h"
#include "quant/apply/apply_float16.h"
#include "quant/params/bias_correction.h"
#include "quant/params/channel_factors.h"
#include "quant/params/channel_scales.h"
#include "quant/params/group_params.h"
#include "quant/params/groups.h"
#include "quant/params/plan_weight.h"
#include "quant/params/weights.h"
#include "quant/plan_builder.h"
#include "quant/select/objections.h"
#include "quant/select/rules.h"
#include "quant/select/selection.h"

namespace qtool {
namespace {

// Groups of values with the same parameters: the group of each value, and a group's parameters.
struct Groups {
  std::map<ValueId, ValueId> of;
  std::map<ValueId, QuantParams> params;
};

// What the plan says of one use of a weight.
struct WeightEntries {
  std::string note;
  std::optional<TensorPlan> bias;
  TensorPlan weight;
};

// Everything that is decided about one graph, its bodies left out.
class GraphPlanner {
 public:
  GraphPlanner(const Model& model, const Requests& requests, const QuantOptions& options)
      : graph_(model.graph),
        requests_(requests),
        options_(options),
        selection_(select(model, requests, options)) {}

  void list_targets(CalibrationTargets& targets) const;
  void list_choices(const RangeChoice& all, RangeChoices& choices) const;
  /// Without weights: entries for nodes and activations only.
  void plan(const Ranges& ranges, bool weights, PlanBuilder& plan) const;

 private:
  PlannedWeight weight(const WeightUse& use, const ChannelFactors& factors,
                       const Groups& groups) const;
  bool is_expressed(NodeId clip, const Groups& groups, const ChannelFactors& factors) const;
  void add_nodes(const Ranges& ranges, const Groups& groups, const ChannelFactors& factors,
                 const std::map<NodeId, std::string>& notes, PlanBuilder& plan) const;
  void add_activations(const Ranges& ranges, const Groups& groups, const ChannelFactors& factors,
                       PlanBuilder& plan) const;
  void add_weights(const Ranges& ranges, const Groups& groups, const ChannelFactors& factors,
                   std::map<NodeId, std::string>& notes, PlanBuilder& plan) const;
  WeightEntries plan_use(const WeightUse& use, const Ranges& ranges, const Groups& groups,
                         const ChannelFactors& factors) const;
  bool has_derived_bias(const WeightUse& use) const;
  std::vector<float> correction(const WeightUse& use, const QuantParams& params,
                                const Ranges& ranges, const ChannelFactors& factors) const;

  const Graph& graph_;
  const Requests& requests_;
  const QuantOptions& options_;
  const Selection selection_;
};

void GraphPlanner::list_targets(CalibrationTargets& targets) const {
  for (const ValueId value : selection_.activations) {
    const std::string& name = graph_.value(value).name;
    targets.values.push_back(name);
    const auto readers = readers_that_scale(graph_, selection_, value, options_);
    if (!readers.empty())
      targets.channels.emplace(name, scales_last_axis(graph_.node(readers[0])) ? -1 : 1);
  }
  for (const WeightUse& use : selection_.weights)
    if (const auto axis = means_axis(graph_.node(use.node)); axis && has_derived_bias(use))
      targets.means.emplace(graph_.value(graph_.node(use.node).inputs[0]).name, *axis);
  for (const NodeId id : graph_.nodes()) {
    if (!selection_.is(id, Mode::kFloat16)) continue;
    for (const auto* values : {&graph_.node(id).inputs, &graph_.node(id).outputs})
      for (const ValueId value : *values)
        if (is_float32(graph_, value) && graph_.constant(value) == nullptr)
          targets.finite.insert(graph_.value(value).name);
  }
}

PlannedWeight GraphPlanner::weight(const WeightUse& use, const ChannelFactors& factors,
                                   const Groups& groups) const {
  const Node& node = graph_.node(use.node);
  const Tensor tensor = effective_weight(graph_, selection_, use, factors);
  const NodePlan& plan = selection_.nodes.at(use.node);
  if (use.activation)
    return {choose_weight_params(tensor,
                                 {.dtype = options_.activation.dtype,
                                  .symmetric = options_.activation.symmetric,
                                  .per_channel = false},
                                 kPerTensor, kPerTensor),
            {}};
  const QuantParams* x =
      plan.mode == Mode::kStatic ? &groups.params.at(groups.of.at(node.inputs[0])) : nullptr;
  return plan_weight(graph_, use, tensor, plan.mode, requests_.at(node.name), x,
                     !options_.float_bias);
}

void GraphPlanner::list_choices(const RangeChoice& all, RangeChoices& choices) const {
  std::map<ValueId, std::vector<std::string>> members;
  for (const auto& [value, group] : find_groups(graph_, selection_))
    members[group].push_back(graph_.value(value).name);
  for (const auto& [group, values] : members) {
    const RangeChoice choice = range_choice(values, all, options_);
    for (const std::string& value : values) choices.emplace(value, choice);
  }
}

void GraphPlanner::add_activations(const Ranges& ranges, const Groups& groups,
                                   const ChannelFactors& factors, PlanBuilder& plan) const {
  std::map<ValueId, int> members;
  for (const auto& [value, group] : groups.of) ++members[group];
  for (const auto& [value, group] : groups.of) {
    const std::string& name = graph_.value(value).name;
    if (plan.activation(name) != nullptr) continue;
    const auto method = ranges.methods.find(name);
    const bool is_chosen = method != ranges.methods.end() && !factors.contains(value) &&
                           takes_measured_range(graph_, value, options_);
    plan.add_activation(
        {.value = name,
         .params = groups.params.at(group),
         .source = members[group] > 1 ? Source::kShared : Source::kOwn,
         .group = graph_.value(group).name,
         .method = is_chosen ? method->second : "",
         .channel_factors = factors.contains(value) ? factors.at(value) : std::vector<float>(),
         .readers = {}});
  }
}

// Whether the node adds a bias that becomes int32 to products with this weight.
bool GraphPlanner::has_derived_bias(const WeightUse& use) const {
  const Node& node = graph_.node(use.node);
  return !options_.float_bias && selection_.is(use.node, Mode::kStatic) && use.input == 1 &&
         input_role(quant_traits(node), 2) == Role::kBias &&
         graph_.constant_input(node, 2) != nullptr;
}

// What to add to the bias for the rounding of this weight; nothing if no means were measured.
std::vector<float> GraphPlanner::correction(const WeightUse& use, const QuantParams& params,
                                            const Ranges& ranges,
                                            const ChannelFactors& factors) const {
  const Node& node = graph_.node(use.node);
  const auto measured = ranges.means.find(graph_.value(node.inputs[0]).name);
  if (measured == ranges.means.end()) return {};
  std::vector<float> means = measured->second;
  if (const auto it = factors.find(node.inputs[0]); it != factors.end())
    for (std::size_t c = 0; c < means.size(); ++c) means[c] /= it->second[c];
  return bias_correction(node, effective_weight(graph_, selection_, use, factors), params, means);
}

// Whether the output of a Clip or Relu gets parameters that clip by themselves: a rule, or the values
// that share them, may ask for others.
bool GraphPlanner::is_expressed(NodeId clip, const Groups& groups,
                                const ChannelFactors& factors) const {
  const Node& node = graph_.node(clip);
  const auto group = groups.of.find(node.outputs[0]);
  if (group == groups.of.end()) return false;
  const QuantParams& params = groups.params.at(group->second);
  const auto clips = [&](float factor) {
    return saturates(*clip_range(graph_, node), params.dtype, params.scale[0] * factor,
                     params.zero_point[0]);
  };
  const auto it = factors.find(node.outputs[0]);
  return it == factors.end() ? clips(1) : std::all_of(it->second.begin(), it->second.end(), clips);
}

void GraphPlanner::add_nodes(const Ranges& ranges, const Groups& groups,
                             const ChannelFactors& factors,
                             const std::map<NodeId, std::string>& notes, PlanBuilder& plan) const {
  for (const NodeId id : graph_.nodes()) {
    NodePlan node = selection_.nodes.at(id);
    node.absorbed = node.absorbed && is_expressed(id, groups, factors);
    if (const auto note = notes.find(id); note != notes.end()) node.note = note->second;
    if (node.mode == Mode::kFloat16) {
      node.reason = float16_range_objection(graph_, graph_.node(id), ranges);
      if (!node.reason.empty()) node.mode = Mode::kFloat;
    }
    plan.add_node(std::move(node));
  }
}

void GraphPlanner::add_weights(const Ranges& ranges, const Groups& groups,
                               const ChannelFactors& factors, std::map<NodeId, std::string>& notes,
                               PlanBuilder& plan) const {
  const std::vector<WeightUse>& uses = selection_.weights;
  std::vector<WeightEntries> entries(uses.size());
  parallel_for(std::ssize(uses), [&](int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    const auto in_weight = [&] {
      const ValueId value = graph_.node(uses[at].node).inputs[uses[at].input];
      return fmt::format("weight '{}'", graph_.value(value).name);
    };
    with_context(in_weight, [&] { entries[at] = plan_use(uses[at], ranges, groups, factors); });
  });
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (!entries[i].note.empty()) notes[uses[i].node] = entries[i].note;
    if (entries[i].bias) plan.add_constant(std::move(*entries[i].bias));
    plan.add_constant(std::move(entries[i].weight));
  }
}

WeightEntries GraphPlanner::plan_use(const WeightUse& use, const Ranges& ranges,
                                     const Groups& groups, const ChannelFactors& factors) const {
  const Node& node = graph_.node(use.node);
  PlannedWeight planned = weight(use, factors, groups);
  WeightEntries entries{.note = std::move(planned.note), .bias = {}, .weight = {}};
  if (has_derived_bias(use))
    entries.bias = TensorPlan{.value = graph_.value(node.inputs[2]).name,
                              .params = {},
                              .source = Source::kDerived,
                              .correction = correction(use, planned.params, ranges, factors),
                              .readers = {node.name}};
  entries.weight = TensorPlan{.value = graph_.value(node.inputs[use.input]).name,
                              .params = std::move(planned.params),
                              .readers = {node.name}};
  return entries;
}

void GraphPlanner::plan(const Ranges& ranges, bool weights, PlanBuilder& plan) const {
  Groups groups{find_groups(graph_, selection_), {}};
  groups.params = choose_group_params(graph_, groups.of, ranges, options_);
  for (const auto& [value, group] : groups.of)
    if (const QuantParams* decided = plan.activation(graph_.value(value).name))
      groups.params[group] = *decided;
  ChannelFactors factors =
      choose_channel_factors(graph_, selection_, ranges, options_, groups.params);
  add_activations(ranges, groups, factors, plan);
  for (auto& [value, each] : choose_dynamic_factors(graph_, selection_, options_)) {
    plan.add_activation({.value = graph_.value(value).name,
                         .params = {},
                         .source = Source::kDynamic,
                         .channel_factors = each,
                         .readers = {}});
    factors.emplace(value, std::move(each));
  }
  std::map<NodeId, std::string> notes;
  if (weights) add_weights(ranges, groups, factors, notes, plan);
  add_nodes(ranges, groups, factors, notes, plan);
}

// The model with each of its graphs, bodies included, in turn.
void for_each_part(const Model& model, const std::function<void(const Model&)>& visit) {
  for_each_graph(model.graph, [&](const Graph& graph) {
    visit({model.ir_version, model.opsets, graph, {}});
  });
}

// Notes of the nodes of a body that there is no range of anything in it.
void note_if_unmeasured(const Model& body, const Ranges& ranges, const QuantOptions& options,
                        Requests& requests) {
  CalibrationTargets targets;
  GraphPlanner(body, requests, options).list_targets(targets);
  std::erase_if(targets.values, [captured = body.graph.free_names()](const std::string& name) {
    return captured.contains(name);
  });
  const auto has_range = [&](const std::string& name) { return ranges.values.contains(name); };
  if (targets.values.empty() ||
      std::any_of(targets.values.begin(), targets.values.end(), has_range))
    return;
  for (const NodeId id : body.graph.nodes()) requests.at(body.graph.node(id).name).measured = false;
}

QuantPlan plan_parts(const Model& model, const Ranges& ranges, const QuantOptions& options,
                     bool weights) {
  check_tensor_rules(model.graph, options);
  Requests requests = resolve_rules(model.graph, options);
  PlanBuilder plan;
  bool is_body = false;  // the first part is the model's own graph
  for_each_part(model, [&](const Model& part) {
    if (is_body) note_if_unmeasured(part, ranges, options, requests);
    is_body = true;
    GraphPlanner(part, requests, options).plan(ranges, weights, plan);
  });
  return plan.take();
}

}  // namespace

CalibrationTargets values_to_calibrate(const Model& model, const QuantOptions& options) {
  const Requests requests = resolve_rules(model.graph, options);
  CalibrationTargets targets;
  for_each_part(model, [&](const Model& part) {
    GraphPlanner(part, requests, options).list_targets(targets);
  });
  for (const std::string& value : targets.values) targets.finite.erase(value);
  return targets;
}

RangeChoices range_choices(const Model& model, const RangeChoice& all,
                           const QuantOptions& options) {
  const Requests requests = resolve_rules(model.graph, options);
  RangeChoices choices;
  for_each_part(model, [&](const Model& part) {
    GraphPlanner(part, requests, options).list_choices(all, choices);
  });
  return choices;
}

QuantPlan make_plan(const Model& model, const Ranges& ranges, const QuantOptions& options) {
  return plan_parts(model, ranges, options, true);
}

QuantPlan plan_activations(const Model& model, const Ranges& ranges, const QuantOptions& options) {
  return plan_parts(model, ranges, options, false);
}

}  // namespace qtool
