#include "passes/rewrite.h"

#include <algorithm>

namespace qtool {

bool is_op(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && (node.domain.empty() || node.domain == "ai.onnx");
}

ValueId input_of(const Node& node, std::size_t index) {
  return index < node.inputs.size() ? node.inputs[index] : ValueId::kNone;
}

ValueId output_of(const Node& node, std::size_t index) {
  return index < node.outputs.size() ? node.outputs[index] : ValueId::kNone;
}

std::set<ValueId> pinned_values(const Graph& graph) {
  std::set<ValueId> pinned = graph.captured();
  pinned.insert(graph.outputs().begin(), graph.outputs().end());
  return pinned;
}

NodeId only_writer(const Graph& graph, const std::set<ValueId>& pinned, ValueId value) {
  if (value == ValueId::kNone || pinned.contains(value) || graph.value(value).consumers.size() != 1)
    return NodeId::kNone;
  return graph.value(value).producer;
}

bool is_row_for(const Graph& graph, ValueId row, ValueId matrices) {
  const Tensor* tensor = row == ValueId::kNone ? nullptr : graph.constant(row);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32 || tensor->rank() != 1) return false;
  const auto& shape = graph.value(matrices).type.shape;
  return shape && shape->size() > 1 && tensor->dim(0) == shape->back().value;
}

void write_instead(Graph& graph, ValueId from, ValueId to) {
  const NodeId producer = graph.value(from).producer;
  const std::vector<ValueId>& outputs = graph.node(producer).outputs;
  const auto slot = std::find(outputs.begin(), outputs.end(), from) - outputs.begin();
  if (!graph.value(to).type.shape) graph.mutable_value(to).type = graph.value(from).type;
  graph.set_output(producer, static_cast<std::size_t>(slot), to);
}

void replace_constant(Graph& graph, const std::set<ValueId>& pinned, NodeId id, std::size_t input,
                      const std::string& base, Tensor tensor) {
  const ValueId old = input_of(graph.node(id), input);
  if (old != ValueId::kNone && graph.value(old).consumers.size() == 1 && !graph.is_input(old) &&
      !pinned.contains(old)) {
    graph.set_constant(old, Constant(std::move(tensor)));
    return;
  }
  std::vector<ValueId> inputs = graph.node(id).inputs;
  inputs.resize(std::max(inputs.size(), input + 1), ValueId::kNone);
  inputs[input] = graph.add_constant(graph.unique_name(base), Constant(std::move(tensor)));
  graph.set_inputs(id, std::move(inputs));
}

}  // namespace qtool
