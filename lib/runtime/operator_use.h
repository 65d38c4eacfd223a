#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// An operator of a model and what runs it.
struct OperatorUse {
  std::string op_type;  // "com.microsoft.Foo"
  int64_t version = 0;  // of its domain in the model
  int64_t nodes = 0;    // in the graph and its subgraphs
  std::string kernel;   // provider; "function": runs as other operators; "none": cannot be run
};

/// The operators of a model by name, those inside functions only where they cannot be run. Throws
/// Error naming a node that is wrong.
std::vector<OperatorUse> operator_uses(const Model& model);

}  // namespace qtool
