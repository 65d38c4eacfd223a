#include "quant/objections.h"

#include <algorithm>

#include "ops/op.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool is_weighted(const Node& node) { return quant_traits(node).weight_axis != nullptr; }

// Runtimes take a stack of matrices with one scale only.
int channel_axis(const Node& node, const Tensor& weight) {
  const std::size_t rank = weight.rank();
  if (node.op_type == "MatMul" && rank > 2) return kPerTensor;
  return static_cast<int>(normalize_axis(quant_traits(node).weight_axis(node), rank));
}

// Why the operands of a Conv, Gemm or MatMul do not do. `product`: both may be activations.
std::string operand_objection(const Graph& graph, const Node& node, bool product) {
  if (!is_float32(graph, input_of(node, 0)) || !is_float32(graph, input_of(node, 1)))
    return "its operands are not float32";
  if (graph.constant_input(node, 0) != nullptr) return "its first operand is constant";
  const Tensor* weight = graph.constant_input(node, 1);
  if (weight == nullptr && !(product && node.op_type == "MatMul"))
    return "its weight is not constant";
  if (weight != nullptr && weight->rank() < 2) return "its weight is a vector";
  if (weight != nullptr && weight->size() == 0) return "its weight is empty";
  if (node.op_type == "Gemm" &&
      (attribute_or<float>(node, "alpha", 1) != 1 || attribute_or<float>(node, "beta", 1) != 1))
    return "alpha and beta are not 1";
  if (input_of(node, 2) != ValueId::kNone && graph.constant_input(node, 2) == nullptr)
    return "its bias is not constant";
  return {};
}

std::string arithmetic_objection(const Graph& graph, const Node& node, bool constants) {
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kActivation) continue;
    if (!is_float32(graph, node.inputs[i])) return "its operands are not float32";
    if (graph.constant_input(node, i) != nullptr && !constants) return "one operand is constant";
  }
  return {};
}

bool reads_activations(const Node& node) {
  const std::vector<Role>& roles = quant_traits(node).inputs;
  return std::count(roles.begin(), roles.end(), Role::kActivation) > 0;
}

}  // namespace

bool is_float32(const Graph& graph, ValueId value) {
  return value != ValueId::kNone && graph.value(value).type.dtype == DType::kFloat32;
}

std::vector<WeightUse> weights_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_weighted(node)) return {};
  std::vector<WeightUse> uses;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor* weight = graph.constant_input(node, i);
    if (weight == nullptr || input_role(quant_traits(node), i) != Role::kWeight ||
        weight->dtype() != DType::kFloat32 || weight->rank() < 2 || weight->size() == 0)
      continue;
    uses.push_back({.node = id, .input = i, .axis = channel_axis(node, *weight)});
  }
  return uses;
}

std::string static_objection(const Graph& graph, const Node& node, bool forced) {
  const QuantTraits& traits = quant_traits(node);
  if (is_weighted(node) && traits.qoperator != nullptr) return operand_objection(graph, node, true);
  const bool has_form = traits.qoperator != nullptr || shares_params(node);
  if (!reads_activations(node) || !(has_form || forced))
    return "the operator has no quantized form";
  if (is_weighted(node)) return operand_objection(graph, node, false);
  return arithmetic_objection(graph, node, forced);
}

std::string dynamic_objection(const Graph& graph, NodeId id, const QuantOptions& options) {
  const Node& node = graph.node(id);
  if (is_op(node, "MatMul") || is_op(node, "Gemm") || (is_op(node, "Conv") && options.dynamic_conv))
    return operand_objection(graph, node, false);
  if (is_op(node, "Conv"))
    return "on integers it runs slower than float; --dynamic-conv asks for it";
  return is_weighted(node) ? "the operator has no dynamic form" : "it has no weights";
}

std::string weight_only_objection(const Graph& graph, NodeId id) {
  if (!is_weighted(graph.node(id))) return "it has no weights";
  return weights_of(graph, id).empty() ? "it has no constant float32 weights" : "";
}

}  // namespace qtool
