#include "quant/selection.h"

#include "ops/op.h"
#include "passes/activation.h"

namespace qtool {
namespace {

bool is_float(const Graph& graph, ValueId value) {
  return value != ValueId::kNone && graph.value(value).type.dtype == DType::kFloat32;
}

bool is_weighted(const Node& node) { return quant_traits(node).weight_axis != nullptr; }

// Why a node with weights cannot be quantized, or nothing. `product_allowed`: both operands of a
// MatMul may be activations.
std::string weight_objection(const Graph& graph, const Node& node, bool product_allowed) {
  if (!is_float(graph, node.inputs[0]) || !is_float(graph, node.inputs[1]))
    return "its operands are not float32";
  if (graph.constant_input(node, 0) != nullptr) return "its first operand is constant";
  const Tensor* weight = graph.constant_input(node, 1);
  if (weight == nullptr && !(product_allowed && node.op_type == "MatMul"))
    return "its weight is not constant";
  if (weight != nullptr && weight->rank() < 2) return "its weight is a vector";
  if (weight != nullptr && weight->size() == 0) return "its weight is empty";
  if (node.op_type == "Gemm") {
    if (attribute_or<float>(node, "alpha", 1) != 1 || attribute_or<float>(node, "beta", 1) != 1)
      return "alpha and beta are not 1";
  }
  if (node.inputs.size() > 2 && node.inputs[2] != ValueId::kNone &&
      graph.constant_input(node, 2) == nullptr)
    return "its bias is not constant";
  return {};
}

// Notes a weight; one that is read along two axes is quantized per tensor.
void add_weight(const Graph& graph, const Node& node, ValueId weight, Selection& selection) {
  const std::size_t rank = graph.constant(weight)->rank();
  // Runtimes take a stack of matrices with one scale only.
  const bool is_stack = node.op_type == "MatMul" && rank > 2;
  const int axis =
      is_stack ? kPerTensor : normalize_axis(quant_traits(node).weight_axis(node), rank);
  const auto [it, is_new] = selection.weights.emplace(weight, axis);
  if (!is_new && it->second != axis) it->second = kPerTensor;
}

std::string arithmetic_objection(const Graph& graph, const Node& node) {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kActivation) continue;
    if (!is_float(graph, node.inputs[i])) return "its operands are not float32";
    if (graph.constant_input(node, i) != nullptr) return "one operand is constant";
  }
  return {};
}

class StaticSelector {
 public:
  StaticSelector(const Graph& graph, const QuantOptions& options)
      : graph_(graph), options_(options), captured_(graph.captured()), order_(graph.nodes()) {}

  Selection run();

 private:
  std::string objection(const Node& node) const;
  bool absorbable(const Node& node) const;
  /// The Clip or Relu that takes over the range of this node's output, or kNone.
  NodeId absorbing(const Node& node) const;
  bool has_consumer_that_wants(ValueId value) const;
  void find_wanted();
  void decide(NodeId id);
  void make_static(NodeId id);
  bool reads_integers(const Node& node) const;
  std::string decline(const Node& node) const;

  const Graph& graph_;
  const QuantOptions& options_;
  const std::set<ValueId> captured_;
  const std::vector<NodeId> order_;
  std::set<ValueId> wanted_;    // some node with weights will read this as integers
  std::set<ValueId> integers_;  // written by a static node
  Selection selection_;
};

std::string StaticSelector::objection(const Node& node) const {
  if (is_weighted(node) && quant_traits(node).qoperator != nullptr)
    return weight_objection(graph_, node, true);
  if (quant_traits(node).qoperator == nullptr && !shares_params(node))
    return "the operator has no quantized form";
  return arithmetic_objection(graph_, node);
}

// The quantized range expresses a Clip to [low, high] if it always contains 0, and for types whose
// zero point may lie at the end of the range. A symmetric range reaches below a Relu's 0.
bool StaticSelector::absorbable(const Node& node) const {
  if (options_.activation.symmetric) return false;
  const auto range = clip_range(graph_, node);
  return range && range->first <= 0 && range->second >= 0;
}

NodeId StaticSelector::absorbing(const Node& node) const {
  if (node.outputs.size() != 1 || shares_params(node)) return NodeId::kNone;
  const ValueId output = node.outputs[0];
  const Value& value = graph_.value(output);
  if (value.consumers.size() != 1 || graph_.is_output(output) || captured_.contains(output))
    return NodeId::kNone;
  const NodeId next = value.consumers[0];
  return absorbable(graph_.node(next)) ? next : NodeId::kNone;
}

bool StaticSelector::has_consumer_that_wants(ValueId value) const {
  for (const NodeId id : graph_.value(value).consumers) {
    const Node& node = graph_.node(id);
    const bool passes_on = node.outputs.size() == 1 && wanted_.contains(node.outputs[0]);
    if (passes_on && absorbable(node)) return true;
    if (!objection(node).empty()) continue;
    if (is_weighted(node) ? graph_.constant(value) == nullptr : passes_on) return true;
  }
  return false;
}

void StaticSelector::find_wanted() {
  for (auto it = order_.rbegin(); it != order_.rend(); ++it)
    for (const ValueId output : graph_.node(*it).outputs)
      if (output != ValueId::kNone && has_consumer_that_wants(output)) wanted_.insert(output);
}

bool StaticSelector::reads_integers(const Node& node) const {
  for (const ValueId input : node.inputs)
    if (integers_.contains(input)) return true;
  return false;
}

std::string StaticSelector::decline(const Node& node) const {
  if (std::string reason = objection(node); !reason.empty()) return reason;
  if (is_weighted(node)) return {};
  const bool wanted = wanted_.contains(node.outputs[0]);
  if (shares_params(node)) return wanted || reads_integers(node) ? "" : "no quantized neighbour";
  if (!wanted) return "no operator with weights reads its result";
  return reads_integers(node) ? "" : "it reads nothing quantized";
}

void StaticSelector::make_static(NodeId id) {
  const Node& node = graph_.node(id);
  selection_.nodes[id].mode = Mode::kStatic;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Role role = input_role(quant_traits(node), i);
    if (role == Role::kWeight && graph_.constant_input(node, i) != nullptr)
      add_weight(graph_, node, node.inputs[i], selection_);
    else if (role == Role::kActivation || role == Role::kWeight)
      selection_.activations.insert(node.inputs[i]);
  }
  const NodeId clip = absorbing(node);
  const ValueId output = clip == NodeId::kNone ? node.outputs[0] : graph_.node(clip).outputs[0];
  const bool may_write_float = node.op_type == "Gemm" || node.op_type == "MatMul";
  if (may_write_float && !wanted_.contains(output)) return;
  for (const ValueId each : node.outputs) integers_.insert(each);
  integers_.insert(output);
  if (clip == NodeId::kNone) {
    selection_.activations.insert(node.outputs.begin(), node.outputs.end());
    return;
  }
  selection_.activations.insert(output);
  selection_.absorbed.insert(clip);
}

void StaticSelector::decide(NodeId id) {
  const Node& node = graph_.node(id);
  selection_.nodes[id] = {.node = node.name, .op_type = full_op_type(node)};
  if (selection_.absorbed.contains(id)) {
    selection_.nodes[id].mode = Mode::kStatic;
    return;
  }
  std::string reason = decline(node);
  if (reason.empty())
    make_static(id);
  else
    selection_.nodes[id].reason = std::move(reason);
}

Selection StaticSelector::run() {
  find_wanted();
  for (const NodeId id : order_) decide(id);
  return std::move(selection_);
}

void select_dynamic_node(const Graph& graph, const QuantOptions& options, NodeId id,
                         Selection& selection) {
  const Node& node = graph.node(id);
  NodePlan& plan = selection.nodes[id] = {.node = node.name, .op_type = full_op_type(node)};
  if (!is_weighted(node)) {
    plan.reason = "it has no weights";
    return;
  }
  plan.reason = weight_objection(graph, node, false);
  if (!plan.reason.empty()) return;
  add_weight(graph, node, node.inputs[1], selection);
  const bool is_conv = node.op_type == "Conv" || node.op_type == "ConvTranspose";
  const bool integer_conv = options.dynamic_conv && node.op_type == "Conv";
  plan.mode = is_conv && !integer_conv ? Mode::kWeightOnly : Mode::kDynamic;
}

}  // namespace

Selection select_static(const Graph& graph, const QuantOptions& options) {
  return StaticSelector(graph, options).run();
}

Selection select_dynamic(const Graph& graph, const QuantOptions& options) {
  Selection selection;
  for (const NodeId id : graph.nodes()) select_dynamic_node(graph, options, id, selection);
  return selection;
}

}  // namespace qtool
