#include "ir/verify.h"

#include <algorithm>

namespace qtool {
namespace {

/// A graph and the graphs around it, whose names it may read.
struct Scope {
  const Graph& graph;
  const Scope* outer;
};

bool is_defined(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  return value.producer != NodeId::kNone || value.constant || graph.is_input(id);
}

bool is_visible(const Scope* scope, std::string_view name) {
  for (; scope != nullptr; scope = scope->outer) {
    const ValueId id = scope->graph.find(name);
    if (id != ValueId::kNone && is_defined(scope->graph, id)) return true;
  }
  return false;
}

void verify_value(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (value.name.empty()) fail("a value has no name");
  if (graph.find(value.name) != id) fail("two values are named '{}'", value.name);
  const bool given = value.constant || graph.is_input(id);
  if (given && value.producer != NodeId::kNone)
    fail("{} writes '{}', which is an input or a constant",
         describe(graph, graph.node(value.producer)), value.name);
}

// Lists of producers and consumers say what the nodes say.
void verify_links(const Graph& graph, const std::vector<NodeId>& nodes) {
  std::vector<std::vector<NodeId>> readers(graph.value_count());
  std::vector<NodeId> writers(graph.value_count(), NodeId::kNone);
  for (const NodeId id : nodes) {
    for (const ValueId input : graph.node(id).inputs)
      if (input != ValueId::kNone) readers[static_cast<std::size_t>(input)].push_back(id);
    for (const ValueId output : graph.node(id).outputs) {
      if (output == ValueId::kNone) continue;
      NodeId& writer = writers[static_cast<std::size_t>(output)];
      if (writer != NodeId::kNone) fail("two nodes write '{}'", graph.value(output).name);
      writer = id;
    }
  }
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (value.producer != writers[static_cast<std::size_t>(id)])
      fail("the producer of '{}' is not the node that writes it", value.name);
    const auto& expected = readers[static_cast<std::size_t>(id)];
    if (!std::is_permutation(value.consumers.begin(), value.consumers.end(), expected.begin(),
                             expected.end()))
      fail("the consumers of '{}' are not the nodes that read it", value.name);
  }
}

void verify_graph(const Scope& scope);

void verify_node(const Scope& scope, const Node& node) {
  const auto where = [&] { return describe(scope.graph, node); };
  for (const ValueId input : node.inputs)
    if (input != ValueId::kNone && !is_visible(&scope, scope.graph.value(input).name))
      fail("{} reads '{}', which nothing defines", where(), scope.graph.value(input).name);
  for (const Attribute& attribute : node.attributes)
    if (const auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute.value))
      with_context(where, [&] {
        with_context([&] { return attribute.name; }, [&] { verify_graph({**subgraph, &scope}); });
      });
}

void verify_graph(const Scope& scope) {
  const Graph& graph = scope.graph;
  const std::vector<NodeId> nodes = graph.nodes();
  for (const ValueId id : graph.values()) verify_value(graph, id);
  verify_links(graph, nodes);
  for (const NodeId id : nodes) verify_node(scope, graph.node(id));
  for (const ValueId id : graph.outputs())
    if (!is_visible(&scope, graph.value(id).name))
      fail("nothing defines the graph output '{}'", graph.value(id).name);
}

}  // namespace

void verify(const Model& model) { verify_graph({model.graph, nullptr}); }

}  // namespace qtool
