// Before      y = f(a, b)  with constants a, b;  or  s = Shape(x)  where the shape is known
// After       const y, computed by f's reference kernel;  const s
// Conditions  the operator is known and does not fail; no output is a graph output; no subgraphs; not
//             DequantizeLinear, which would undo a quantization, and no random numbers; what is
//             over 1 MiB is not larger than what it was made of

#include "passes/fold_node.h"
#include "passes/passes.h"

namespace qtool {

bool fold_constants(Model& model) {
  bool changed = false;
  for (const NodeId id : model.graph.nodes()) changed |= fold_node(model, id);
  return changed;
}

}  // namespace qtool
