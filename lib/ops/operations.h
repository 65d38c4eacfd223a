#pragma once

#include <span>

#include "ir/graph.h"
#include "tensor/datum.h"

namespace qtool {

/// The arithmetic of one run of a node.
struct Work {
  double operations = 0;     // multiplications and additions; 0: not counted
  bool is_of_bytes = false;  // the factors are integers of 8 bits
};

/// The work of convolutions and products of matrices, 2 for each product that is summed up, from the
/// tensors that the node read and wrote. Padding counts as if it were read. Other operators: none.
Work work_of(const Node& node, std::span<const Datum* const> inputs,
             std::span<const Datum> outputs);

}  // namespace qtool
