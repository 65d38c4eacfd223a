#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "ir/graph.h"

namespace qtool {

/// What the overview of a graph says of a node.
struct NodeMark {
  std::size_t group = 0;  // by place in the groups
  std::string text;       // beside its name and type: a reason, a figure
};

/// A group of nodes that are drawn in one colour.
struct NodeGroup {
  std::string name;
  std::string color;  // of style.css, without "--"
};

/// The overview of a graph: each node in topological order, those of bodies behind all others, with its group and
/// the nodes that it reads from.
Json graph_section(const Graph& graph, const std::vector<NodeGroup>& groups,
                   const std::function<NodeMark(const Node&)>& mark);

}  // namespace qtool
