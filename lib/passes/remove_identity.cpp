// Before      y = f(x)  where f returns x as it is:
//               Identity; Dropout outside of training with an unread mask; Cast to the type x has;
//               Transpose by 0, 1, 2…; Reshape to the shape x has
// After       the producer of x writes y, and all readers of x read y;
//             where x is an input, a constant or known by name outside: readers of y read x
// Conditions  not both x and y are known by name outside (graph output, captured by a subgraph)

#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool is_unread(const Graph& graph, const std::set<ValueId>& pinned, ValueId id) {
  return id == ValueId::kNone || (graph.value(id).consumers.empty() && !pinned.contains(id));
}

bool is_idle_dropout(const Graph& graph, const std::set<ValueId>& pinned, const Node& node) {
  if (!is_unread(graph, pinned, output_of(node, 1))) return false;
  if (input_of(node, 2) == ValueId::kNone) return true;
  const Tensor* training = graph.constant_input(node, 2);
  return training != nullptr && training->dtype() == DType::kBool && training->size() == 1 &&
         !*training->data<bool>();
}

bool is_idle_cast(const Graph& graph, const Node& node) {
  const DType from = graph.value(node.inputs[0]).type.dtype;
  return from != DType::kUndefined &&
         attribute_or<int64_t>(node, "to", 0) == static_cast<int64_t>(from);
}

bool is_idle_transpose(const Node& node) {
  const auto* perm = find_attribute<std::vector<int64_t>>(node, "perm");
  if (perm == nullptr) return false;
  for (std::size_t i = 0; i < perm->size(); ++i)
    if ((*perm)[i] != static_cast<int64_t>(i)) return false;
  return true;
}

// The target names each dimension as it is known to be, copies it by 0, or leaves one to -1.
bool is_idle_reshape(const Graph& graph, const Node& node) {
  const Tensor* target = graph.constant_input(node, 1);
  const auto& dims = graph.value(node.inputs[0]).type.shape;
  if (target == nullptr || !dims) return false;
  const std::vector<int64_t> shape = to_int64s(*target);
  if (shape.size() != dims->size() || std::count(shape.begin(), shape.end(), -1) > 1) return false;
  const bool zero_copies = attribute_or<int64_t>(node, "allowzero", 0) == 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != (*dims)[i].value && shape[i] != -1 && !(shape[i] == 0 && zero_copies))
      return false;
  return true;
}

bool returns_its_input(const Graph& graph, const std::set<ValueId>& pinned, const Node& node) {
  if (input_of(node, 0) == ValueId::kNone || output_of(node, 0) == ValueId::kNone) return false;
  if (is_op(node, "Identity")) return true;
  if (is_op(node, "Dropout")) return is_idle_dropout(graph, pinned, node);
  if (is_op(node, "Cast")) return is_idle_cast(graph, node);
  if (is_op(node, "Transpose")) return is_idle_transpose(node);
  if (is_op(node, "Reshape")) return is_idle_reshape(graph, node);
  return false;
}

bool bypass(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const ValueId from = graph.node(id).inputs[0];
  const ValueId to = graph.node(id).outputs[0];
  const bool producer_can_write_to =
      graph.value(from).producer != NodeId::kNone && !pinned.contains(from);
  if (!producer_can_write_to && pinned.contains(to)) return false;
  graph.remove_node(id);
  if (producer_can_write_to) write_instead(graph, from, to);
  graph.replace_uses(producer_can_write_to ? from : to, producer_can_write_to ? to : from);
  return true;
}

}  // namespace

bool remove_identity(Model& model) {
  Graph& graph = model.graph;
  const std::set<ValueId> pinned = pinned_values(graph);
  bool changed = false;
  for (const NodeId id : graph.nodes())
    if (returns_its_input(graph, pinned, graph.node(id)) && bypass(graph, pinned, id))
      changed = true;
  return changed;
}

}  // namespace qtool
