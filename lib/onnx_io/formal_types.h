#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// What an operator's schema says of the type of one input or output.
struct FormalType {
  /// The type parameter, "T", or the type itself. Those of the same parameter have the same type.
  std::string parameter;
  std::set<DType> tensors;  // element types of the tensors that it admits
};

struct FormalTypes {
  std::vector<FormalType> inputs;   // one for each input of the node
  std::vector<FormalType> outputs;  // one for each output
};

/// The types of a node's inputs and outputs by ONNX's schema of the operator at that version of its
/// domain. Absent if there is none, if it is deprecated, or if the node has more of either than the
/// schema names.
std::optional<FormalTypes> formal_types(const Node& node, int64_t opset);

}  // namespace qtool
