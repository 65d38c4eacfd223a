#pragma once

#include <set>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// Whether the node is operator `op_type` of ai.onnx.
bool is_op(const Node& node, std::string_view op_type);

/// Input or output `index` of the node; kNone if it is left out.
ValueId input_of(const Node& node, std::size_t index);
ValueId output_of(const Node& node, std::size_t index);

/// Values that are known by name outside of the graph's own nodes: its outputs and what subgraphs
/// capture. A rewrite that removes or renames one of them breaks the model.
std::set<ValueId> pinned_values(const Graph& graph);

/// The node that writes a value with one reader that nobody else knows by name; kNone if there is none.
NodeId only_writer(const Graph& graph, const std::set<ValueId>& pinned, ValueId value);

/// Whether `row` is a constant float32 [n] with a number for each column of `matrices` [..., k, n], a
/// value whose rank, of two or more, and number of columns are known.
bool is_row_for(const Graph& graph, ValueId row, ValueId matrices);

/// The node that writes `from` writes `to` instead, which has the same type and no producer.
void write_instead(Graph& graph, ValueId from, ValueId to);

/// Makes `tensor` the constant that the node reads as input `index`: under the name of the old one
/// if that has no other use, else as a new constant called after `base`.
void replace_constant(Graph& graph, const std::set<ValueId>& pinned, NodeId node, std::size_t index,
                      const std::string& base, Tensor tensor);

}  // namespace qtool
