// Before      q → DequantizeLinear {axis: a} → Transpose {perm: p} → w     with a constant q
// After       const Transpose(q) → DequantizeLinear {axis: i} → w          with p[i] = a
// Conditions  nobody else reads q or what is transposed, so that q is not stored twice; that is neither
//             a graph output nor captured; no blocks. PyTorch writes the weights of Linear so; behind DequantizeLinear alone they are
//             weights of a MatMul.
#include <algorithm>
#include <numeric>

#include "passes/fold_node.h"
#include "passes/passes.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

// Where each axis of the result comes from; empty if it is no permutation of so many axes.
std::vector<int64_t> permutation(const Node& transpose, std::size_t rank) {
  std::vector<int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  auto perm = attribute_or<std::vector<int64_t>>(transpose, "perm", reversed);
  return std::is_permutation(perm.begin(), perm.end(), reversed.begin(), reversed.end())
             ? perm
             : std::vector<int64_t>();
}

bool rewrite(Model& model, const std::set<ValueId>& pinned, NodeId id) {
  Graph& graph = model.graph;
  const Node transpose = graph.node(id);
  const ValueId middle = input_of(transpose, 0);
  const NodeId producer = only_writer(graph, pinned, middle);
  if (!is_op(transpose, "Transpose") || producer == NodeId::kNone ||
      !is_dequantize(graph.node(producer)))
    return false;
  Node dequantize = graph.node(producer);
  const Tensor* integers = graph.constant_input(dequantize, 0);
  if (integers == nullptr || graph.value(dequantize.inputs[0]).consumers.size() != 1 ||
      attribute_or<int64_t>(dequantize, "block_size", 0) != 0)
    return false;
  const std::vector<int64_t> perm = permutation(transpose, integers->rank());
  if (perm.empty()) return false;
  if (constant_size(graph, input_of(dequantize, 1)) != 1) {
    const int axis = normalize_axis(attribute_or<int64_t>(dequantize, "axis", 1), perm.size());
    set_attribute(dequantize, "axis", std::find(perm.begin(), perm.end(), axis) - perm.begin());
  }

  const ValueId transposed =
      graph.add_value(graph.unique_name(graph.value(dequantize.inputs[0]).name + "_transposed"));
  const NodeId on_integers = graph.add_node({.op_type = "Transpose",
                                             .inputs = {dequantize.inputs[0]},
                                             .outputs = {transposed},
                                             .attributes = transpose.attributes});
  if (!fold_node(model, on_integers)) {
    graph.remove_node(on_integers);
    return false;
  }
  graph.remove_node(id);
  graph.remove_node(producer);
  dequantize.inputs[0] = transposed;
  dequantize.outputs = transpose.outputs;
  graph.add_node(std::move(dequantize));
  return true;
}

}  // namespace

bool transpose_integers(Model& model) {
  const std::set<ValueId> pinned = pinned_values(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes()) changed |= rewrite(model, pinned, id);
  return changed;
}

}  // namespace qtool
