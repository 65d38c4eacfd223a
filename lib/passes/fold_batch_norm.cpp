// Before      x = Conv(a, W, b);  y = BatchNormalization(x, γ, β, μ, σ²)
//             and the same behind ConvTranspose, Gemm, and MatMul with a result of rank 2
// After       y = Conv(a, W', b')    (MatMul becomes Gemm)
// Conditions  W, b and all parameters are float32 constants; x has no other reader and is neither a
//             graph output nor captured; inference with one statistic per channel (spatial = 1).
//             A constant with other uses stays, the folded one is new. A BatchNormalization behind
//             anything else stays: two elementwise nodes would not be cheaper.
// Formula     s = γ / √(σ² + ε);  W' = W · s;  b' = (b − μ) · s + β   per output channel, in double

#include <cmath>

#include "passes/linear.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool is_inference_batch_norm(const Node& node) {
  return is_op(node, "BatchNormalization") && node.outputs.size() == 1 && node.inputs.size() == 5 &&
         attribute_or<int64_t>(node, "training_mode", 0) == 0 &&
         attribute_or<int64_t>(node, "spatial", 1) == 1;
}

std::optional<std::vector<double>> parameter(const Graph& graph, const Node& node,
                                             std::size_t input, int64_t channels) {
  const Tensor* tensor = graph.constant_input(node, input);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32 || tensor->shape() != Shape{channels})
    return std::nullopt;
  return std::vector<double>(tensor->data<float>(), tensor->data<float>() + channels);
}

std::optional<ChannelAffine> batch_norm_affine(const Graph& graph, const Node& node,
                                               int64_t channels) {
  const auto gamma = parameter(graph, node, 1, channels);
  const auto beta = parameter(graph, node, 2, channels);
  const auto mean = parameter(graph, node, 3, channels);
  const auto variance = parameter(graph, node, 4, channels);
  if (!gamma || !beta || !mean || !variance) return std::nullopt;
  const double epsilon = attribute_or<float>(node, "epsilon", 1e-5f);
  ChannelAffine affine;
  for (std::size_t c = 0; c < gamma->size(); ++c) {
    affine.scale.push_back((*gamma)[c] / std::sqrt((*variance)[c] + epsilon));
    affine.shift.push_back((*beta)[c] - (*mean)[c] * affine.scale[c]);
  }
  return affine;
}

bool fold(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_inference_batch_norm(node)) return false;
  const std::optional<LinearNode> linear = linear_before(graph, pinned, input_of(node, 0));
  if (!linear || linear->rank != 2 + linear->axes_behind_channels)
    return false;  // channels: axis 1
  const std::optional<ChannelAffine> affine = batch_norm_affine(graph, node, linear->channels());
  return affine && fold_into_linear(graph, pinned, *linear, id, *affine);
}

}  // namespace

bool fold_batch_norm(Model& model) {
  const std::set<ValueId> pinned = pinned_values(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (fold(model.graph, pinned, id)) changed = true;
  return changed;
}

}  // namespace qtool
