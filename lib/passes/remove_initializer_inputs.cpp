// Before      a graph input that a constant of the same name gives a default, as IR version 3
//             demands for every weight
// After       the constant alone; IR version at least 4, which allows that
// Conditions  none: a caller can no longer feed another value in place of the constant

#include <algorithm>

#include "passes/passes.h"

namespace qtool {

bool remove_initializer_inputs(Model& model) {
  constexpr int64_t kFirstIrVersion = 4;
  Graph& graph = model.graph;
  std::vector<ValueId> inputs = graph.inputs();
  const auto removed = std::erase_if(inputs, [&](ValueId id) { return graph.constant(id); });
  const bool changed = removed > 0 || model.ir_version < kFirstIrVersion;
  graph.set_graph_inputs(std::move(inputs));
  model.ir_version = std::max(model.ir_version, kFirstIrVersion);
  return changed;
}

}  // namespace qtool
