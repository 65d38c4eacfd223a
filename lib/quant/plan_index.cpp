#include "quant/plan_index.h"

#include <algorithm>
#include <set>

#include "ir/bodies.h"
#include "ops/op.h"

namespace qtool {

PlanIndex::PlanIndex(const QuantPlan& plan) {
  for (const NodePlan& node : plan.nodes) nodes_.emplace(node.node, &node);
  for (const TensorPlan& tensor : plan.tensors) tensors_[tensor.value].push_back(&tensor);
}

void PlanIndex::check(const Graph& graph) const {
  std::set<std::string> nodes, values;
  for_each_graph(graph, [&](const Graph& each) {
    for (const NodeId id : each.nodes()) nodes.insert(each.node(id).name);
    for (const ValueId id : each.values()) values.insert(each.value(id).name);
  });
  for (const auto& [name, plan] : nodes_)
    if (!nodes.contains(name))
      fail("the plan names node '{}', which the model does not have", name);
  for (const auto& [name, plans] : tensors_)
    if (!values.contains(name))
      fail("the plan names value '{}', which the model does not have", name);
}

const NodePlan* PlanIndex::node(const Node& node) const {
  const auto it = nodes_.find(node.name);
  return it == nodes_.end() ? nullptr : it->second;
}

Mode PlanIndex::mode(const Node& node) const {
  const NodePlan* plan = this->node(node);
  return plan == nullptr ? Mode::kFloat : plan->mode;
}

bool PlanIndex::is_absorbed(const Node& node) const {
  const NodePlan* plan = this->node(node);
  return plan != nullptr && plan->absorbed;
}

const TensorPlan* PlanIndex::computed(const std::string& value, bool dynamic) const {
  const auto it = tensors_.find(value);
  if (it == tensors_.end()) return nullptr;
  const TensorPlan* first = it->second[0];
  return first->readers.empty() && (first->source == Source::kDynamic) == dynamic ? first : nullptr;
}

const TensorPlan* PlanIndex::activation(const std::string& value) const {
  return computed(value, false);
}

const TensorPlan* PlanIndex::dynamic(const std::string& value) const {
  return computed(value, true);
}

const TensorPlan* PlanIndex::constant(const std::string& value, const Node& reader,
                                      bool derived) const {
  const auto it = tensors_.find(value);
  if (it == tensors_.end()) return nullptr;
  for (const TensorPlan* plan : it->second)
    if ((plan->source == Source::kDerived) == derived &&
        std::count(plan->readers.begin(), plan->readers.end(), reader.name) > 0)
      return plan;
  return nullptr;
}

const TensorPlan* PlanIndex::weight(const std::string& value, const Node& reader) const {
  return constant(value, reader, false);
}

const TensorPlan* PlanIndex::input(const Graph& graph, const Node& node, std::size_t index) const {
  if (node.inputs[index] == ValueId::kNone) return nullptr;
  const Value& value = graph.value(node.inputs[index]);
  if (value.constant) return weight(value.name, node);
  const bool from_static =
      value.producer != NodeId::kNone && mode(graph.node(value.producer)) == Mode::kStatic;
  return from_static || mode(node) == Mode::kStatic ? activation(value.name) : nullptr;
}

const TensorPlan* PlanIndex::derived_bias(const Graph& graph, const Node& node,
                                          std::size_t index) const {
  if (mode(node) != Mode::kStatic || input_role(quant_traits(node), index) != Role::kBias ||
      graph.constant_input(node, index) == nullptr)
    return nullptr;
  return constant(graph.value(node.inputs[index]).name, node, true);
}

}  // namespace qtool
