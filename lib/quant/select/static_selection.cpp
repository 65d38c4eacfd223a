#include "quant/select/static_selection.h"

#include "ops/op.h"
#include "passes/activation.h"
#include "quant/select/objections.h"

namespace qtool {
namespace {

bool is_weighted(const Node& node) { return quant_traits(node).weight_axis != nullptr; }

class StaticSelector {
 public:
  StaticSelector(const Graph& graph, const Requests& requests, const QuantOptions& options)
      : graph_(graph),
        requests_(requests),
        options_(options),
        captured_(graph.captured()),
        order_(graph.nodes()) {}

  Selection run();

 private:
  const NodeRequest& request(const Node& node) const { return requests_.at(node.name); }
  /// Whether the user wants the node static even where that does not help.
  bool forced(const Node& node) const {
    return options_.everything || !request(node).origin.empty();
  }
  std::string objection(const Node& node) const;
  bool takes_over(const Node& node) const;
  bool absorbable(const Node& node) const;
  /// The Clip or Relu whose output is quantized in place of this node's, or kNone.
  NodeId clip_behind(const Node& node) const;
  bool has_consumer_that_wants(ValueId value) const;
  void find_wanted();
  void decide(NodeId id);
  void make_static(NodeId id);
  bool reads_only_integers(const Node& node) const;
  std::string decline(const Node& node) const;

  const Graph& graph_;
  const Requests& requests_;
  const QuantOptions& options_;
  const std::set<ValueId> captured_;
  const std::vector<NodeId> order_;
  std::set<ValueId> wanted_;    // some node with weights will read this as integers
  std::set<ValueId> integers_;  // written by a static node
  Selection selection_;
};

std::string StaticSelector::objection(const Node& node) const {
  const NodeRequest& asked = request(node);
  if (asked.mode != Mode::kStatic)
    return asked.origin.empty() ? ""
                                : fmt::format("{} asks for {}", asked.origin, name(asked.mode));
  if (!asked.measured) return "no calibration sample runs it";
  return static_objection(graph_, node, asked.weight, options_.activation.dtype, forced(node));
}

// A Clip or Relu alone behind a static node: no range is taken in front of it, where levels would be
// spent on what it clips away.
bool StaticSelector::takes_over(const Node& node) const {
  return request(node).mode == Mode::kStatic && clip_range(graph_, node) &&
         (absorbable(node) || options_.float_clip);
}

// The quantized range expresses a Clip to [low, high] if it always contains 0, and for types whose
// zero point may lie at the end of the range. A symmetric range reaches below a Relu's 0.
bool StaticSelector::absorbable(const Node& node) const {
  const auto range = clip_range(graph_, node);
  return !options_.activation.symmetric && range->first <= 0 && range->second >= 0;
}

NodeId StaticSelector::clip_behind(const Node& node) const {
  if (node.outputs.size() != 1 || shares_params(node)) return NodeId::kNone;
  const ValueId output = node.outputs[0];
  const Value& value = graph_.value(output);
  if (value.consumers.size() != 1 || graph_.is_output(output) || captured_.contains(output))
    return NodeId::kNone;
  const NodeId next = value.consumers[0];
  return takes_over(graph_.node(next)) ? next : NodeId::kNone;
}

bool StaticSelector::has_consumer_that_wants(ValueId value) const {
  for (const NodeId id : graph_.value(value).consumers) {
    const Node& node = graph_.node(id);
    const bool passes_on = node.outputs.size() == 1 && wanted_.contains(node.outputs[0]);
    if (passes_on && takes_over(node)) return true;
    if (request(node).mode != Mode::kStatic || !objection(node).empty()) continue;
    if (is_weighted(node) ? graph_.constant(value) == nullptr : passes_on) return true;
  }
  return false;
}

void StaticSelector::find_wanted() {
  for (auto it = order_.rbegin(); it != order_.rend(); ++it)
    for (const ValueId output : graph_.node(*it).outputs)
      if (output != ValueId::kNone && has_consumer_that_wants(output)) wanted_.insert(output);
}

bool StaticSelector::reads_only_integers(const Node& node) const {
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (input_role(quant_traits(node), i) == Role::kActivation &&
        !integers_.contains(node.inputs[i]))
      return false;
  return true;
}

std::string StaticSelector::decline(const Node& node) const {
  if (std::string reason = objection(node); !reason.empty()) return reason;
  if (is_weighted(node) || forced(node)) return {};
  if (!shares_params(node) && !wanted_.contains(node.outputs[0]))
    return "no operator with weights reads its result";
  return reads_only_integers(node) ? "" : "not all that it reads is quantized";
}

void StaticSelector::make_static(NodeId id) {
  const Node& node = graph_.node(id);
  const QuantTraits& traits = quant_traits(node);
  selection_.nodes[id].mode = Mode::kStatic;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Role role = input_role(traits, i);
    if (node.inputs[i] == ValueId::kNone || (role != Role::kActivation && role != Role::kWeight))
      continue;
    if (graph_.constant_input(node, i) == nullptr)
      selection_.activations.insert(node.inputs[i]);
    else if (role == Role::kActivation)
      selection_.weights.push_back({.node = id, .input = i, .activation = true});
  }
  const std::vector<WeightUse> weights = weights_of(graph_, id);
  selection_.weights.insert(selection_.weights.end(), weights.begin(), weights.end());
  const NodeId clip = clip_behind(node);
  const ValueId output = clip == NodeId::kNone ? node.outputs[0] : graph_.node(clip).outputs[0];
  const bool may_write_float = node.op_type == "Gemm" || node.op_type == "MatMul";
  if (may_write_float && !wanted_.contains(output)) return;
  const auto add = [&](ValueId each) {
    if (!is_float32(graph_, each)) return;
    integers_.insert(each);
    selection_.activations.insert(each);
  };
  if (clip == NodeId::kNone) {
    for (const ValueId each : node.outputs) add(each);
    return;
  }
  add(output);
  selection_.nodes[clip].mode = Mode::kStatic;
  selection_.nodes[clip].absorbed = absorbable(graph_.node(clip));
}

void StaticSelector::decide(NodeId id) {
  const Node& node = graph_.node(id);
  NodePlan& plan = selection_.nodes[id];
  plan.node = node.name;
  plan.op_type = full_op_type(node);
  if (plan.mode == Mode::kStatic || request(node).mode != Mode::kStatic) return;
  plan.reason = decline(node);
  if (plan.reason.empty()) make_static(id);
}

Selection StaticSelector::run() {
  find_wanted();
  for (const NodeId id : order_) decide(id);
  return std::move(selection_);
}

}  // namespace

Selection select_static(const Graph& graph, const Requests& requests, const QuantOptions& options) {
  return StaticSelector(graph, requests, options).run();
}

}  // namespace qtool
