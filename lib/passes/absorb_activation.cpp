// Before      x → Relu → r → QuantizeLinear → q
// After       x → QuantizeLinear → q         likewise Clip, which stays where r has other readers
// Conditions  the integers end where the activation clips: with one scale s and zero point z,
//             round(lo / s) + z ≤ qmin and round(hi / s) + z ≥ qmax, so that what would be clipped
//             saturates to the same integer
#include <cmath>
#include <set>

#include "passes/activation.h"
#include "passes/passes.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// Whether numbers outside of the interval become the same integers as its nearer end.
bool saturates(const Graph& graph, const Quantized& output, std::pair<float, float> interval) {
  const Tensor* scale = graph.constant(output.scale);
  const Tensor* zero_point = graph.constant(output.zero_point);
  if (!is_small_integer(output.dtype) || scale == nullptr || scale->size() != 1 ||
      scale->dtype() != DType::kFloat32)
    return false;
  if (output.zero_point != ValueId::kNone && (zero_point == nullptr || bits(output.dtype) < 8))
    return false;
  const float step = *scale->data<float>();
  const auto zero = static_cast<float>(zero_point == nullptr ? 0 : to_int64s(*zero_point).at(0));
  const QuantRange range = quant_range(output.dtype);
  return step > 0 &&
         std::nearbyint(interval.first / step) + zero <= static_cast<float>(range.min) &&
         std::nearbyint(interval.second / step) + zero >= static_cast<float>(range.max);
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
    if (!interval || !saturates(graph, quantized_output(graph, quantize), *interval)) continue;
    graph.set_input(id, 0, graph.node(producer).inputs[0]);
    if (graph.value(clipped).consumers.empty() && !pinned.contains(clipped))
      graph.remove_node(producer);
    changed = true;
  }
  return changed;
}

}  // namespace qtool
