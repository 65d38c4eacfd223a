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

}  // namespace qtool
