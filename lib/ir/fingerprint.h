#pragma once

#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// 32 hexadecimal digits that tell a graph from others: XXH3-128 of its inputs and outputs with
/// their types, its nodes with all names, operator types and attributes, and the bytes of the
/// constants in use; bodies included. The same on every machine, whatever the ids and the order of
/// nodes, attributes and constants. Doc strings and what else is carried in `extra`, inferred types
/// and the graph's own name do not count.
std::string fingerprint(const Graph& graph);

/// The same of a text.
std::string fingerprint(std::string_view text);

}  // namespace qtool
