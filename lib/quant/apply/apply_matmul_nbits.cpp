#include "quant/apply/apply_matmul_nbits.h"

#include "passes/rewrite.h"
#include "quant/apply/apply_dynamic.h"
#include "quant/params/block_weights.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

int sum_axis(const Node& node) {
  return is_op(node, "Gemm") && attribute_or<int64_t>(node, "transB", 0) != 0 ? 1 : 0;
}

bool is_plain_gemm(const Node& node) {
  const bool has_bias = input_of(node, 2) != ValueId::kNone;
  return is_op(node, "Gemm") && attribute_or<int64_t>(node, "transA", 0) == 0 &&
         attribute_or<float>(node, "alpha", 1) == 1 &&
         (!has_bias || attribute_or<float>(node, "beta", 1) == 1);
}

bool is_row(const Graph& graph, ValueId bias, int64_t n) {
  return static_shape(graph.value(bias).type) == Shape{n};
}

// The node's value before the bias is added: the output itself if there is none left to add.
ValueId product_of(Graph& graph, const Node& node, ValueId bias) {
  if (bias == ValueId::kNone) return node.outputs[0];
  const Value output = graph.value(node.outputs[0]);
  const ValueId product = graph.add_value(graph.unique_name(output.name + "_product"), output.type);
  graph.add_node({.op_type = "Add",
                  .name = node.name + "_bias",
                  .inputs = {product, bias},
                  .outputs = node.outputs});
  return product;
}

}  // namespace

std::string why_not_matmul_nbits(const Graph& graph, const Node& node, DType dtype, int64_t block) {
  if (!is_op(node, "MatMul") && !is_plain_gemm(node))
    return "MatMulNBits replaces MatMul, and Gemm without transA, alpha and beta";
  const Tensor* weight = graph.constant_input(node, 1);
  if (weight == nullptr || weight->rank() != 2 || weight->size() == 0)
    return "MatMulNBits needs a constant matrix as second input";
  const DType real = weight->dtype();
  if (real != DType::kFloat32 && real != DType::kFloat16 && real != DType::kBFloat16)
    return fmt::format("MatMulNBits does not compute in {}", name(real));
  if (bits(dtype) > 8 || largest_number(dtype))
    return fmt::format("MatMulNBits has no weights of type {}", name(dtype));
  if (block < 16 || block > 256 || (block & (block - 1)) != 0)
    return fmt::format("MatMulNBits has no blocks of {}, only powers of two from 16 to 256", block);
  return "";
}

void apply_matmul_nbits(Graph& graph, NodeId id, const QuantParams& weight) {
  const Node node = graph.node(id);
  const std::string reason = why_not_matmul_nbits(graph, node, weight.dtype, weight.block);
  if (!reason.empty()) fail("{}: {}", describe(graph, node), reason);
  if (weight.axis != sum_axis(node))
    fail("{}: blocks along axis {} of the weight, but the sum is along axis {}",
         describe(graph, node), weight.axis, sum_axis(node));
  const Tensor& reals = *graph.constant_input(node, 1);
  const PackedBlocks packed = pack_blocks(reals, weight);
  const std::string base = graph.value(node.inputs[1]).name;

  std::vector<ValueId> inputs = {
      node.inputs[0], shared_constant(graph, base + "_nbits", packed.integers),
      shared_constant(graph, base + "_nbits_scale", cast(packed.scales, reals.dtype()))};
  if (packed.zero_points)
    inputs.push_back(shared_constant(graph, base + "_nbits_zero_point", *packed.zero_points));
  graph.remove_node(id);
  ValueId bias = input_of(node, 2);
  if (bias != ValueId::kNone && is_row(graph, bias, packed.n)) {
    inputs.resize(5, ValueId::kNone);
    inputs.push_back(bias);
    bias = ValueId::kNone;
  }
  const ValueId product = product_of(graph, node, bias);
  graph.add_node({.domain = "com.microsoft",
                  .op_type = "MatMulNBits",
                  .name = node.name,
                  .inputs = std::move(inputs),
                  .outputs = {product},
                  .attributes = {{"K", packed.k, {}},
                                 {"N", packed.n, {}},
                                 {"bits", int64_t{bits(weight.dtype)}, {}},
                                 {"block_size", weight.block, {}}}});
}

}  // namespace qtool
