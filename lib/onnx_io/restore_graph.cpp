#include "onnx_io/restore_graph.h"

namespace qtool {
namespace {

void restore_attribute(Attribute& attribute, const Node& original) {
  const Attribute* before = find_attribute(original, attribute.name);
  if (before == nullptr || before->value.index() != attribute.value.index()) return;
  attribute.extra = before->extra;
  if (auto* constant = std::get_if<Constant>(&attribute.value)) {
    const auto& constant_before = std::get<Constant>(before->value);
    if (*constant->tensor == *constant_before.tensor) *constant = constant_before;
  } else if (auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute.value)) {
    Graph restored = **subgraph;
    restore_graph(restored, *std::get<std::shared_ptr<const Graph>>(before->value));
    *subgraph = std::make_shared<const Graph>(std::move(restored));
  }
}

// The node that wrote the same value before, if it still is the same operator.
const Node* find_original(const Graph& graph, const Node& node, const Graph& original) {
  for (const ValueId output : node.outputs) {
    if (output == ValueId::kNone) continue;
    const ValueId before = original.find(graph.value(output).name);
    if (before == ValueId::kNone || original.value(before).producer == NodeId::kNone)
      return nullptr;
    const Node& producer = original.node(original.value(before).producer);
    return full_op_type(producer) == full_op_type(node) ? &producer : nullptr;
  }
  return nullptr;
}

// What the ONNX library had no place for comes back from the value of the same name.
void restore_value(Graph& graph, ValueId id, const Graph& original) {
  Value& value = graph.mutable_value(id);
  value.listed = false;
  const ValueId before_id = original.find(value.name);
  if (before_id == ValueId::kNone) return;
  const Value& before = original.value(before_id);
  const bool same_constant =
      before.constant && (!value.constant || *value.constant.tensor == *before.constant.tensor);
  if (same_constant) graph.set_constant(id, before.constant);
  if (!value.constant && before.type != ValueType{}) value.type = before.type;
  value.listed = before.listed;
  value.extra = before.extra;
}

std::vector<ValueId> same_names(const Graph& graph, const std::vector<ValueId>& ids,
                                const Graph& original) {
  std::vector<ValueId> found;
  for (const ValueId id : ids) found.push_back(graph.find(original.value(id).name));
  std::erase(found, ValueId::kNone);
  return found;
}

}  // namespace

void restore_graph(Graph& graph, const Graph& original) {
  graph.name = original.name;
  graph.extra = original.extra;
  graph.set_graph_inputs(same_names(graph, original.inputs(), original));
  for (const ValueId id : graph.values()) restore_value(graph, id, original);
  for (const NodeId id : graph.nodes()) {
    Node& node = graph.mutable_node(id);
    const Node* before = find_original(graph, node, original);
    if (before == nullptr) continue;
    node.extra = before->extra;
    for (Attribute& attribute : node.attributes) restore_attribute(attribute, *before);
  }
}

}  // namespace qtool
