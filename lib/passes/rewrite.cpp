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
