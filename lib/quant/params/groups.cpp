#include "quant/params/groups.h"

#include <algorithm>

#include "ops/op.h"

namespace qtool {
namespace {

// Union-find over values; the smallest id of a set is its root.
class Sets {
 public:
  ValueId root(ValueId value) {
    auto it = parent_.emplace(value, value).first;
    if (it->second == value) return value;
    return it->second = root(it->second);
  }
  void join(ValueId a, ValueId b) {
    const ValueId first = std::min(root(a), root(b));
    const ValueId second = std::max(root(a), root(b));
    parent_[second] = first;
  }

 private:
  std::map<ValueId, ValueId> parent_;
};

}  // namespace

std::map<ValueId, ValueId> find_groups(const Graph& graph, const Selection& selection) {
  Sets sets;
  for (const auto& [id, plan] : selection.nodes) {
    if (plan.mode != Mode::kStatic || plan.absorbed) continue;
    const Node& node = graph.node(id);
    const bool is_concat = node.op_type == "Concat";
    if (!shares_params(node) && !is_concat) continue;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (input_role(quant_traits(node), i) != Role::kActivation) continue;
      if (is_concat && graph.value(node.inputs[i]).consumers.size() != 1) continue;
      for (const ValueId output : node.outputs) sets.join(node.inputs[i], output);
    }
  }
  std::map<ValueId, ValueId> result;
  for (const ValueId value : selection.activations) result[value] = sets.root(value);
  return result;
}

}  // namespace qtool
