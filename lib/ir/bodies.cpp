#include "ir/bodies.h"

namespace qtool {

using Body = std::shared_ptr<const Graph>;

void for_each_graph(const Graph& graph, const std::function<void(const Graph&)>& visit) {
  visit(graph);
  for (const NodeId id : graph.nodes())
    for (const Attribute& attribute : graph.node(id).attributes)
      if (const auto* body = std::get_if<Body>(&attribute.value)) for_each_graph(**body, visit);
}

bool edit_bodies(Graph& graph, const std::function<bool(Graph& body)>& edit) {
  bool changed = false;
  for (const NodeId id : graph.nodes())
    for (Attribute& attribute : graph.mutable_node(id).attributes) {
      auto* body = std::get_if<Body>(&attribute.value);
      if (body == nullptr) continue;
      Graph copy = **body;
      if (!edit(copy)) continue;
      *body = std::make_shared<const Graph>(std::move(copy));
      changed = true;
    }
  return changed;
}

Graph without_elements(Graph graph) {
  for (const ValueId id : graph.values())
    if (const Tensor* constant = graph.constant(id))
      graph.set_constant(id, Constant(constant->without_elements()));
  edit_bodies(graph, [](Graph& body) {
    body = without_elements(std::move(body));
    return true;
  });
  return graph;
}

bool edit_bodies(Model& model, const std::function<bool(Model& body)>& edit) {
  return edit_bodies(model.graph, [&](Graph& body) {
    Model inner{model.ir_version, model.opsets, std::move(body), {}};
    const bool changed = edit(inner);
    body = std::move(inner.graph);
    model.opsets = std::move(inner.opsets);
    return changed;
  });
}

}  // namespace qtool
