#pragma once

#include "ir/graph.h"

namespace qtool {

/// Checks what every graph must hold: each read value is defined once (constant, input or node
/// output), no cycles, names unique and not empty, outputs defined, producer and consumer lists
/// true; the same for subgraphs, whose free names must be defined around them.
/// Throws Error naming the node or value.
void verify(const Model& model);

}  // namespace qtool
