#pragma once

#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

// The text form of a model. One statement a line; '#' starts a comment; order does not matter.
//
//   model ir 8 opset 13 com.microsoft 1         # IR version, opset of ai.onnx, other domains
//   graph test                                  # all that follows belongs to it
//   input x: float32[N, 3, ?, 8]                # dims: known, named, unknown; no [...]: no rank
//   const w: float32[4, 3, 3, 3] = 0.5          # one value fills all elements
//   const b: float32[4] = [1, 2, 3, 4]          # row-major; or ramp(start, step)
//   const h: float16[2] = hex "003c0040"        # types that C++ lacks: their bytes
//   y: float32[N, 4, ?, 8] = Conv(x, w, b) {pads=[1, 1, 1, 1]} "conv1"   # node name last
//   z, _ = com.microsoft.Op(y, _, b)            # _: an optional input or output left out
//   output z
//
// Names with other characters than letters, digits and _/.+-? are quoted, also "_" itself; in
// quotes \" \\ \n \t \xHH. Attributes: 1  0.5  "s"  [1, 2]  [0.5, 1.0]  ["a"]  floats[]  strings[],
// a tensor as  name: int64[2] = [1, 2],  a subgraph as  name=graph inner { statements }.
// A float attribute always has one of . e inf nan. What the IR carries as opaque bytes is not
// part of the text; an opaque attribute and elements left out are printed as <N bytes>.

/// A model as text, for people (--print-after) and for pass tests. Constants over `max_elements`
/// elements that are not all the same are written without their elements.
std::string print_text(const Model& model, int64_t max_elements = 16);

/// A node's statement in it: "y = Conv(x, w) {group=2} \"conv1\"".
std::string print_node(const Graph& graph, const Node& node);

/// Reads the text form; the inverse of print_text but for what that leaves out. The model is not
/// verified. Throws Error with line and column.
Model parse_text(std::string_view text);

}  // namespace qtool
