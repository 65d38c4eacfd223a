#pragma once

#include <map>
#include <string>

#include "ir/graph.h"

namespace qtool {

/// Operators of the graph and of the bodies in it that quantize, dequantize or compute on quantized
/// numbers, of ai.onnx and com.microsoft, with how many nodes there are of each.
std::map<std::string, int> quantized_operators(const Graph& graph);

}  // namespace qtool
