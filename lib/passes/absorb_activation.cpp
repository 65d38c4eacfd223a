// Before      x → Relu → r → QuantizeLinear → q
// After       x → QuantizeLinear → q         likewise Clip, which stays where r has other readers
// Conditions  the integers end where the activation clips: with one scale s and zero point z,
//             round(lo / s) + z ≤ qmin and round(hi / s) + z ≥ qmax, so that what would be clipped
//             saturates to the same integer
#include <set>

#include "passes/activation.h"
#include "passes/passes.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool clips_alone(const Graph& graph, const Node& quantize, std::pair<float, float> interval) {
  const auto params = constant_params(graph, quantized_output(graph, quantize));
  return params && saturates(interval, params->dtype, params->scale[0], params->zero_point[0]);
}

}  // namespace

bool absorb_activation(Model& model) {
  Graph& graph = model.graph;
  const std::set<ValueId> pinned = pinned_values(graph);
  bool changed = false;
  for (const NodeId id : graph.nodes()) {
    const Node& quantize = graph.node(id);
    const ValueId clipped = input_of(quantize, 0);
    if (!is_quantize(quantize) || clipped == ValueId::kNone) continue;
    const NodeId producer = graph.value(clipped).producer;
    if (producer == NodeId::kNone) continue;
    const auto interval = clip_range(graph, graph.node(producer));
    if (!interval || !clips_alone(graph, quantize, *interval)) continue;
    graph.set_input(id, 0, graph.node(producer).inputs[0]);
    if (graph.value(clipped).consumers.empty() && !pinned.contains(clipped))
      graph.remove_node(producer);
    changed = true;
  }
  return changed;
}

}  // namespace qtool
