#pragma once

#include <functional>

#include "ir/graph.h"

namespace qtool {

/// Calls `visit` for the graph and then for every body of its nodes (If, Loop, Scan), at any depth,
/// in topological order.
void for_each_graph(const Graph& graph, const std::function<void(const Graph&)>& visit);

/// Calls `edit` for a copy of every body of the graph's own nodes, and puts the copy in place where it
/// returns true. Returns whether any did.
bool edit_bodies(Graph& graph, const std::function<bool(Graph& body)>& edit);

/// The same with each body as the graph of a model, whose operator sets the outer model takes over.
bool edit_bodies(Model& model, const std::function<bool(Model& body)>& edit);

/// The graph with constants, in its bodies too, that have types and shapes but no elements.
Graph without_elements(Graph graph);

}  // namespace qtool
