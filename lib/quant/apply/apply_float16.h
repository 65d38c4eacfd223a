#pragma once

#include <set>
#include <string>

#include "calib/ranges/range.h"
#include "ir/graph.h"

namespace qtool {

/// Why the node cannot compute in float16; empty if it can: ONNX's schema, at the model's opset,
/// admits float16 for float32 inputs of it, and each float32 output either follows the type of such
/// an input or is float32 always. Nodes with subgraphs and nodes that convert between types cannot.
/// `graph` is the model's or that of a body in it.
std::string float16_objection(const Model& model, const Graph& graph, const Node& node);

/// What measured ranges say against float16 for the node: a value that it reads or writes goes
/// beyond half of the largest float16 number, 65504, so that other inputs may overflow. Empty if
/// none does.
std::string float16_range_objection(const Graph& graph, const Node& node, const Ranges& ranges);

/// Makes nodes without objection compute in float16. What of theirs the schema lets be float16
/// becomes float16:
///  - constants, by float16_constant; where other nodes read them they stay float32,
///  - inputs that others write, through Cast, one for each value,
///  - outputs: those that only these nodes read change their type; if others read the value, or
///    the outside of the graph, that keeps its name and type and comes from a Cast.
/// Throws Error for a node with an objection.
void apply_float16(Model& model, const std::set<NodeId>& nodes);

/// A float32 constant in float16, rounded to nearest even. A finite number beyond ±65504 becomes
/// ±65504, and one that is not 0 but below 2⁻²⁴ becomes ±2⁻²⁴, the smallest number, so that what
/// guards a division or masks a softmax still does.
Tensor float16_constant(const Tensor& tensor);

}  // namespace qtool
