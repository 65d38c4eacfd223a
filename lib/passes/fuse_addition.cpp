// Before      c = Conv(x, w, b);  y = Add(c, s)                  c and s of one shape
//             c = MatMul(x, w);   y = Add(c, b)                  b a constant row, w a matrix
// After       y = qtool.internal.FusedConv(x, w, b, s)
//             y = qtool.internal.FusedMatMul(x, w, b)
// Conditions  c is float32, has no other reader and is neither a graph output nor captured. For the
//             runtime only: files never hold the internal domain.
#include <algorithm>

#include "passes/fused.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool have_one_shape(const Value& a, const Value& b) {
  return a.type.shape && b.type.shape && a.type.dtype == b.type.dtype &&
         std::equal(
             a.type.shape->begin(), a.type.shape->end(), b.type.shape->begin(), b.type.shape->end(),
             [](const Dim& x, const Dim& y) { return x == y && (x.known() || !x.name.empty()); });
}

// The input of the fused node that the addend becomes; 0 if it cannot.
std::size_t place_of(const Graph& graph, const Node& node, ValueId sum, ValueId addend) {
  if (node.op_type == "Conv" && have_one_shape(graph.value(sum), graph.value(addend))) return 3;
  if (node.op_type == "MatMul" && is_row_for(graph, addend, node.inputs[1])) return 2;
  return 0;
}

bool fuse(Graph& graph, NodeId id, const std::set<ValueId>& pinned, std::size_t which) {
  const Node add = graph.node(id);
  const ValueId sum = add.inputs[which];
  const ValueId addend = add.inputs[1 - which];
  const NodeId producer = only_writer(graph, pinned, sum);
  if (producer == NodeId::kNone || graph.value(sum).type.dtype != DType::kFloat32) return false;
  Node fused = graph.node(producer);
  const std::size_t place = fused.domain.empty() ? place_of(graph, fused, sum, addend) : 0;
  if (place == 0) return false;
  become_fused(fused);
  fused.inputs.resize(std::max(fused.inputs.size(), place + 1), ValueId::kNone);
  fused.inputs[place] = addend;
  fused.outputs = add.outputs;
  graph.remove_node(id);
  graph.remove_node(producer);
  graph.add_node(std::move(fused));
  return true;
}

}  // namespace

bool fuse_addition(Model& model) {
  Graph& graph = model.graph;
  const std::set<ValueId> pinned = pinned_values(graph);
  bool changed = false;
  for (const NodeId id : graph.nodes())
    if (graph.contains(id) && is_op(graph.node(id), "Add") && graph.node(id).inputs.size() == 2)
      changed |= fuse(graph, id, pinned, 0) || fuse(graph, id, pinned, 1);
  return changed;
}

}  // namespace qtool
