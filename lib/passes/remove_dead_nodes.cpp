// Before      nodes whose outputs reach no graph output, and constants that nobody reads
// After       neither
// Conditions  what a subgraph of a live node captures is alive; graph inputs stay

#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

// One sweep from the last node to the first, so that a dead chain goes at once.
bool remove_unread(Graph& graph) {
  const std::set<ValueId> pinned = pinned_values(graph);
  const auto unread = [&](ValueId id) {
    return id == ValueId::kNone || (graph.value(id).consumers.empty() && !pinned.contains(id));
  };
  std::vector<NodeId> nodes = graph.nodes();
  std::reverse(nodes.begin(), nodes.end());
  bool changed = false;
  for (const NodeId id : nodes) {
    const std::vector<ValueId>& outputs = graph.node(id).outputs;
    if (!std::all_of(outputs.begin(), outputs.end(), unread)) continue;
    graph.remove_node(id);
    changed = true;
  }
  return changed;
}

}  // namespace

bool remove_dead_nodes(Model& model) {
  Graph& graph = model.graph;
  bool changed = false;
  while (remove_unread(graph)) changed = true;  // again: what it removed may have captured a value
  const std::size_t values = graph.value_count();
  graph.compact();
  return changed || graph.value_count() != values;
}

}  // namespace qtool
