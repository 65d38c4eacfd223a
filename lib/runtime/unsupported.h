#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// A node that no kernel serves.
struct UnsupportedNode {
  std::string op_type;  // "com.microsoft.Foo"
  int64_t version = 0;  // of its domain in the model
  std::string name;     // the node's, or its first output's
  std::string types;    // of the inputs, if another kernel of the operator is there; else empty
};

/// One line that names every operator that cannot be run, with version and nodes.
std::string unsupported_text(const std::vector<UnsupportedNode>& nodes);

}  // namespace qtool
