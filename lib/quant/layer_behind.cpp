#include "quant/layer_behind.h"

#include <algorithm>

#include "quant/select/objections.h"

namespace qtool {
namespace {

bool has_body(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& each) {
    return std::holds_alternative<std::shared_ptr<const Graph>>(each.value);
  });
}

class LayerFinder {
 public:
  LayerFinder(const Graph& graph, const PlanIndex& plan, const std::set<std::string>& values)
      : graph_(graph), plan_(plan), values_(values) {}

  Layer find();

 private:
  bool reads(const Node& node) const;
  bool belongs(const Node& node) const;
  void add(NodeId id);
  bool is_end(ValueId value) const;

  const Graph& graph_;
  const PlanIndex& plan_;
  const std::set<std::string>& values_;
  std::set<ValueId> floats_;  // computed from the values
  std::set<ValueId> read_;    // of these
  Layer layer_;
};

// Whether the node reads the values as integers, or what floats are made of them.
bool LayerFinder::reads(const Node& node) const {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (floats_.contains(node.inputs[i])) return true;
    const TensorPlan* tensor = plan_.input(graph_, node, i);
    if (tensor != nullptr && values_.contains(tensor->value)) return true;
  }
  return false;
}

bool LayerFinder::belongs(const Node& node) const {
  return is_float32(graph_, node.outputs[0]) && !has_body(node) && !plan_.is_absorbed(node) &&
         !values_.contains(graph_.value(node.outputs[0]).name) && reads(node);
}

void LayerFinder::add(NodeId id) {
  const Node& node = graph_.node(id);
  layer_.nodes.push_back(id);
  read_.insert(node.inputs.begin(), node.inputs.end());
  if (plan_.mode(node) != Mode::kStatic) {
    for (const ValueId output : node.outputs)
      if (is_float32(graph_, output)) floats_.insert(output);
    return;
  }
  ValueId written = node.outputs[0];
  for (const NodeId next : graph_.value(written).consumers)
    if (plan_.is_absorbed(graph_.node(next))) {
      layer_.nodes.push_back(next);
      written = graph_.node(next).outputs[0];
      break;
    }
  layer_.outputs.push_back(written);
}

bool LayerFinder::is_end(ValueId value) const {
  return graph_.is_output(value) || !read_.contains(value);
}

Layer LayerFinder::find() {
  for (const NodeId id : graph_.nodes())
    if (belongs(graph_.node(id))) add(id);
  std::copy_if(floats_.begin(), floats_.end(), std::back_inserter(layer_.outputs),
               [&](ValueId value) { return is_end(value); });
  return std::move(layer_);
}

}  // namespace

Layer layer_behind(const Graph& graph, const PlanIndex& plan, const std::set<std::string>& values) {
  return LayerFinder(graph, plan, values).find();
}

}  // namespace qtool
