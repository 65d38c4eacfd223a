#include "quant/apply/apply_attention.h"

#include <algorithm>

#include "passes/rewrite.h"
#include "quant/apply/apply_dynamic.h"

namespace qtool {
namespace {

// Attention's inputs.
enum Input : std::size_t { kX, kWeight, kBias, kMask, kPast, kAttentionBias, kPastLength };

std::string attributes_objection(const Node& node) {
  for (const char* name : {"do_rotary", "past_present_share_buffer", "rotary_embedding_dim"})
    if (attribute_or<int64_t>(node, name, 0) != 0) return fmt::format("QAttention has no {}", name);
  const auto sizes = attribute_or<std::vector<int64_t>>(node, "qkv_hidden_sizes", {});
  if (!std::all_of(sizes.begin(), sizes.end(), [&](int64_t size) { return size == sizes[0]; }))
    return "its queries, keys and values differ in size";
  return {};
}

// QAttention wants a bias.
ValueId bias_of(Graph& graph, const Node& node, int64_t columns) {
  if (const ValueId bias = input_of(node, kBias); bias != ValueId::kNone) return bias;
  return shared_constant(
      graph, node.name + "_bias",
      Tensor::of<float>({columns}, std::vector<float>(static_cast<std::size_t>(columns), 0)));
}

}  // namespace

std::string dynamic_attention_objection(const Graph& graph, const Node& node) {
  if (full_op_type(node) != "com.microsoft.Attention") return "it is not an Attention";
  const ValueId x = input_of(node, kX);
  if (x == ValueId::kNone || graph.value(x).type.dtype != DType::kFloat32)
    return "its input is not float32";
  const Tensor* weight = graph.constant_input(node, kWeight);
  if (weight == nullptr) return "its weights are not constant";
  if (weight->dtype() != DType::kFloat32 || weight->rank() != 2 || weight->size() == 0)
    return "its weights are not a float32 matrix";
  if (input_of(node, kAttentionBias) != ValueId::kNone ||
      input_of(node, kPastLength) != ValueId::kNone)
    return "QAttention has no attention_bias and no past_sequence_length";
  return attributes_objection(node);
}

void apply_dynamic_attention(Model& model, NodeId id, const QuantParams& weight) {
  Graph& graph = model.graph;
  const Node node = graph.node(id);
  const ValueId w = node.inputs[kWeight];
  const Tensor& floats = *graph.constant(w);
  const std::string name = graph.value(w).name;
  const ValueId integers = shared_constant(graph, name + "_quantized", quantize(floats, weight));
  const ValueId scale = shared_constant(graph, name + "_scale", scale_tensor(weight));
  const ValueId zero_point =
      shared_constant(graph, name + "_zero_point", zero_point_tensor(weight));
  const DynamicInput x = dynamic_input(graph, node.inputs[kX]);
  graph.set_inputs(id, {x.integers, integers, bias_of(graph, node, floats.dim(1)), x.scale, scale,
                        input_of(node, kMask), x.zero_point, zero_point, input_of(node, kPast)});
  graph.mutable_node(id).op_type = "QAttention";
  for (const char* attribute : {"qkv_hidden_sizes", "rotary_embedding_dim"})
    remove_attribute(graph.mutable_node(id), attribute);
}

}  // namespace qtool
