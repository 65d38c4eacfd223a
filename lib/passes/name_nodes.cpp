// Before      nodes without a name, or with the name of an earlier one
// After       every node has a name of its own in the whole model: its operator and first output,
//             "Conv_245", or the name it shared with a suffix, "conv_1"
// Conditions  none; the first bearer of a name keeps it, and nodes of bodies come last

#include <set>

#include "ir/bodies.h"
#include "passes/passes.h"

namespace qtool {
namespace {

std::string default_name(const Graph& graph, const Node& node) {
  for (const ValueId output : node.outputs)
    if (output != ValueId::kNone)
      return fmt::format("{}_{}", node.op_type, graph.value(output).name);
  return node.op_type;
}

std::string free_name(const std::set<std::string>& taken, const std::string& base) {
  std::string name = base;
  for (int i = 1; taken.contains(name); ++i) name = fmt::format("{}_{}", base, i);
  return name;
}

bool name_nodes_of(Graph& graph, std::set<std::string>& taken) {
  std::vector<NodeId> nameless;
  for (const NodeId id : graph.nodes()) {
    const std::string& name = graph.node(id).name;
    if (name.empty() || !taken.insert(name).second) nameless.push_back(id);
  }
  for (const NodeId id : nameless) {
    Node& node = graph.mutable_node(id);
    node.name = free_name(taken, node.name.empty() ? default_name(graph, node) : node.name);
    taken.insert(node.name);
  }
  const bool changed = edit_bodies(graph, [&](Graph& body) { return name_nodes_of(body, taken); });
  return changed || !nameless.empty();
}

}  // namespace

bool name_nodes(Model& model) {
  std::set<std::string> taken;
  return name_nodes_of(model.graph, taken);
}

}  // namespace qtool
