#include "report/graph_section.h"

#include <map>

#include "ir/bodies.h"

namespace qtool {
namespace {

Json node_json(const Graph& graph, const Node& node, const NodeMark& mark,
               const std::map<NodeId, std::size_t>& places) {
  Json json = {{"name", node.name}, {"operator", full_op_type(node)}, {"group", mark.group}};
  if (!mark.text.empty()) json["text"] = mark.text;
  json["reads"] = Json::array();
  for (const ValueId input : node.inputs) {
    if (input == ValueId::kNone) continue;
    const auto it = places.find(graph.value(input).producer);
    if (it != places.end()) json["reads"].push_back(it->second);
  }
  return json;
}

}  // namespace

Json graph_section(const Graph& graph, const std::vector<NodeGroup>& groups,
                   const std::function<NodeMark(const Node&)>& mark) {
  Json section = {{"groups", Json::array()}, {"nodes", Json::array()}};
  for (const NodeGroup& group : groups)
    section["groups"].push_back({{"name", group.name}, {"color", group.color}});
  Json& nodes = section["nodes"];
  for_each_graph(graph, [&](const Graph& each) {
    std::map<NodeId, std::size_t> places;
    for (const NodeId id : each.nodes()) {
      places[id] = nodes.size();
      nodes.push_back(node_json(each, each.node(id), mark(each.node(id)), places));
    }
  });
  return section;
}

}  // namespace qtool
