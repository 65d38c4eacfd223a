// Before      w = DequantizeLinear(w_q, scale, zero_point)  with constants
// After       const w
// Conditions  float32 scales, per tensor or per axis. For the runtime only: it spares weight-only
//             models the same work in every run. In a file it would undo the quantization.
// Formula     w = scale · (w_q − zero_point)
#include "passes/passes.h"
#include "passes/rewrite.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

std::optional<Tensor> dequantized(const Graph& graph, const Node& node) {
  const Tensor* integers = graph.constant_input(node, 0);
  const Tensor* scale = graph.constant_input(node, 1);
  const Tensor* zero_point = graph.constant_input(node, 2);
  const bool is_plain = attribute_or<int64_t>(node, "block_size", 0) == 0 &&
                        (input_of(node, 2) == ValueId::kNone || zero_point != nullptr);
  if (integers == nullptr || scale == nullptr || scale->dtype() != DType::kFloat32 || !is_plain)
    return std::nullopt;
  const auto axis = attribute_or<int64_t>(node, "axis", 1);
  QuantParams params = params_from_tensors(*scale, zero_point, axis, integers->shape());
  params.dtype = integers->dtype();
  return dequantize(*integers, params);
}

}  // namespace

bool fold_dequantize(Model& model) {
  Graph& graph = model.graph;
  bool changed = false;
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (!is_op(node, "DequantizeLinear") || graph.is_output(node.outputs[0])) continue;
    const std::optional<Tensor> result = dequantized(graph, node);
    if (!result) continue;
    const ValueId output = node.outputs[0];
    graph.remove_node(id);
    graph.set_constant(output, Constant(*result));
    changed = true;
  }
  return changed;
}

}  // namespace qtool
