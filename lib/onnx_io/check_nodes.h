#pragma once

#include "onnx_io/proto.h"

namespace qtool {

/// Holds every node, those of subgraphs too, against its operator's schema: number of inputs and
/// outputs, attributes and their types. ONNX's type inference and function bodies rely on that and
/// read what may not be there. Throws Error naming the node. Operators without a schema, and
/// deprecated ones, pass.
void check_nodes(const onnx::ModelProto& model);

}  // namespace qtool
