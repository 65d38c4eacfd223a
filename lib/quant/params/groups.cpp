#include "quant/params/groups.h"

#include <algorithm>

#include "ops/op.h"
#include "passes/activation.h"
#include "passes/rewrite.h"

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

using Interval = std::optional<std::pair<float, float>>;

// What the range of a value expresses besides: the Clip or Relu that it absorbed, directly or
// through nodes that only move elements.
Interval absorbed_clip(const Graph& graph, const Selection& selection, ValueId value) {
  while (value != ValueId::kNone && graph.value(value).producer != NodeId::kNone) {
    const NodeId producer = graph.value(value).producer;
    const Node& node = graph.node(producer);
    if (selection.nodes.at(producer).absorbed) return clip_range(graph, node);
    if (!shares_params(node)) break;
    value = input_of(node, 0);
  }
  return std::nullopt;
}

// Whether a Concat may tie its output to this input: not if the union of the ranges would no longer
// express the input's Clip.
bool may_unite(const Graph& graph, const Selection& selection, const Node& concat, ValueId input) {
  const Interval clip = absorbed_clip(graph, selection, input);
  const auto clips_alike = [&](ValueId other) {
    return absorbed_clip(graph, selection, other) == clip;
  };
  return graph.value(input).consumers.size() == 1 &&
         (!clip || std::all_of(concat.inputs.begin(), concat.inputs.end(), clips_alike));
}

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
      if (is_concat && !may_unite(graph, selection, node, node.inputs[i])) continue;
      for (const ValueId output : node.outputs) sets.join(node.inputs[i], output);
    }
  }
  std::map<ValueId, ValueId> result;
  for (const ValueId value : selection.activations) result[value] = sets.root(value);
  return result;
}

}  // namespace qtool
