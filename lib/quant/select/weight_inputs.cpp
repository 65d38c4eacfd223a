#include "quant/select/weight_inputs.h"

#include "ops/op.h"
#include "quant/apply/apply_gather.h"

namespace qtool {
namespace {

// Where each group of a transposed convolution has one output channel, its weight [C, M / group, …]
// has one output channel for each index of axis 0.
bool is_depthwise_transpose(const Node& node, const Tensor& weight) {
  return node.op_type == "ConvTranspose" && weight.dim(1) == 1 &&
         attribute_or<int64_t>(node, "group", 1) == weight.dim(0);
}

int channel_axis(const Node& node, const Tensor& weight) {
  if (is_depthwise_transpose(node, weight)) return 0;
  return normalize_axis(quant_traits(node).weight_axis(node), weight.rank());
}

}  // namespace

std::vector<WeightInput> weight_inputs(const Graph& graph, const Node& node) {
  const QuantTraits& traits = quant_traits(node);
  std::vector<WeightInput> result;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor* weight = graph.constant_input(node, i);
    if (weight == nullptr || weight->dtype() != DType::kFloat32 || weight->rank() < 2 ||
        weight->size() == 0)
      continue;
    if (input_role(traits, i) == Role::kWeight) result.push_back({i, channel_axis(node, *weight)});
  }
  if (gather_objection(graph, node).empty())
    result.push_back({0, static_cast<int>(graph.constant_input(node, 0)->rank()) - 1});
  return result;
}

}  // namespace qtool
