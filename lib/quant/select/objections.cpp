#include "quant/select/objections.h"

#include <algorithm>

#include "ops/op.h"
#include "passes/rewrite.h"
#include "quant/apply/apply_attention.h"
#include "quant/apply/apply_lstm.h"
#include "quant/select/weight_inputs.h"

namespace qtool {
namespace {

bool is_weighted(const Node& node) { return quant_traits(node).weight_axis != nullptr; }

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

constexpr const char* kWeightOnlyScheme = "no integer kernel takes weights of that type";

// Whether no integer kernel of any runtime takes such weights.
bool is_weight_only(const WeightScheme& scheme) {
  return scheme.block > 0 || bits(scheme.dtype) < 8 || largest_number(scheme.dtype);
}

// Why such weights do not go with static activations of that type.
std::string scheme_objection(const WeightScheme& scheme, DType activation) {
  const bool is_float8 = largest_number(activation) && scheme.block == 0;
  if (is_float8 && !largest_number(scheme.dtype))
    return "float8 activations go with float8 weights";
  return !is_float8 && is_weight_only(scheme) ? kWeightOnlyScheme : "";
}

bool has_input(const Node& node, Role role) {
  const std::vector<Role>& roles = quant_traits(node).inputs;
  return std::count(roles.begin(), roles.end(), role) > 0;
}

}  // namespace

bool is_float32(const Graph& graph, ValueId value) {
  return value != ValueId::kNone && graph.value(value).type.dtype == DType::kFloat32;
}

std::vector<WeightUse> weights_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::vector<WeightUse> uses;
  for (const WeightInput& weight : weight_inputs(graph, node)) {
    // Runtimes take a stack of matrices with one scale only.
    const bool is_product = is_op(node, "MatMul") || is_op(node, "Gemm");
    const bool is_stack = is_product && graph.constant_input(node, weight.index)->rank() > 2;
    uses.push_back({.node = id,
                    .input = weight.index,
                    .axis = is_stack ? kPerTensor : weight.axis,
                    .block_axis = is_product && !is_stack ? 1 - weight.axis : kPerTensor});
  }
  return uses;
}

std::string static_objection(const Graph& graph, const Node& node, const WeightScheme& scheme,
                             DType activation, bool forced) {
  const QuantTraits& traits = quant_traits(node);
  if (is_weighted(node) && graph.constant_input(node, 1) != nullptr)
    if (std::string objection = scheme_objection(scheme, activation); !objection.empty())
      return objection;
  if (is_weighted(node) && traits.qoperator != nullptr) return operand_objection(graph, node, true);
  const bool has_form = traits.qoperator != nullptr || shares_params(node);
  const bool is_layer = is_weighted(node) && !has_input(node, Role::kBias);  // LSTM, Attention…
  if (!has_input(node, Role::kActivation) || is_layer || !(has_form || forced))
    return "the operator has no quantized form";
  if (is_weighted(node)) return operand_objection(graph, node, false);
  return arithmetic_objection(graph, node, forced);
}

std::string dynamic_objection(const Graph& graph, const Node& node, const WeightScheme& scheme,
                              const QuantOptions& options) {
  if (is_weighted(node) && (is_weight_only(scheme) || bits(scheme.dtype) != 8))
    return kWeightOnlyScheme;
  if (is_op(node, "MatMul") || is_op(node, "Gemm") || (is_op(node, "Conv") && options.dynamic_conv))
    return operand_objection(graph, node, false);
  if (is_op(node, "Conv"))
    return "on integers it runs slower than float; --dynamic-conv asks for it";
  if (is_op(node, "LSTM")) return dynamic_lstm_objection(graph, node);
  if (full_op_type(node) == "com.microsoft.Attention")
    return dynamic_attention_objection(graph, node);
  return is_weighted(node) ? "the operator has no dynamic form" : "it has no weights";
}

std::string weight_only_objection(const Graph& graph, const Node& node) {
  if (!weight_inputs(graph, node).empty()) return {};
  return is_weighted(node) ? "it has no constant float32 weights" : "it has no weights";
}

}  // namespace qtool
