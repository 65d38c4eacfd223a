// Before      y = Gemm(A, B, C) {alpha, beta}, C of any shape that broadcasts to [M, N]
// After       y = Gemm(A, B', C') with B' = alpha · B and C' = beta · C of shape [N]
//             y = Add(Gemm(A, B'), C')  if the rows of C differ
// Conditions  B (for alpha) and C are float32 constants. Quantized forms know only alpha = beta = 1
//             and one bias per output column.
// Formula     Y = alpha · A' · B' + beta · C  (ONNX, Gemm)
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

Tensor scaled(const Tensor& tensor, float factor) {
  Tensor result(DType::kFloat32, tensor.shape());
  for (int64_t i = 0; i < tensor.size(); ++i)
    result.mutable_data<float>()[i] = tensor.data<float>()[i] * factor;
  return result;
}

bool is_float_constant(const Tensor* tensor) {
  return tensor != nullptr && tensor->dtype() == DType::kFloat32;
}

std::string named_after_output(const Graph& graph, NodeId id, std::string_view role) {
  return fmt::format("{}_{}", graph.value(graph.node(id).outputs[0]).name, role);
}

bool fold_alpha(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const float alpha = attribute_or<float>(graph.node(id), "alpha", 1);
  const Tensor* weight = graph.constant_input(graph.node(id), 1);
  if (alpha == 1 || !is_float_constant(weight)) return false;
  replace_constant(graph, pinned, id, 1, named_after_output(graph, id, "weight"),
                   scaled(*weight, alpha));
  remove_attribute(graph.mutable_node(id), "alpha");
  return true;
}

// The bias as one number per output column, or nothing if its rows differ.
std::optional<Tensor> per_column(const Tensor& bias, int64_t columns) {
  if (bias.size() != 1 && bias.size() != columns) return std::nullopt;
  if (bias.size() != 1 && bias.shape().back() != columns) return std::nullopt;
  Tensor result(DType::kFloat32, {columns});
  for (int64_t i = 0; i < columns; ++i)
    result.mutable_data<float>()[i] = bias.data<float>()[bias.size() == 1 ? 0 : i];
  return result;
}

void move_bias_behind(Graph& graph, NodeId id) {
  const Node gemm = graph.node(id);
  const Value& output = graph.value(gemm.outputs[0]);
  const ValueId product = graph.add_value(graph.unique_name(output.name + "_product"), output.type);
  graph.set_output(id, 0, product);
  graph.set_inputs(id, {gemm.inputs[0], gemm.inputs[1]});
  graph.add_node({.op_type = "Add",
                  .name = gemm.name.empty() ? "" : gemm.name + "_bias",
                  .inputs = {product, gemm.inputs[2]},
                  .outputs = {gemm.outputs[0]}});
}

bool normalize_bias(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const Node& gemm = graph.node(id);
  const Tensor* bias = graph.constant_input(gemm, 2);
  const Tensor* weight = graph.constant_input(gemm, 1);
  if (!is_float_constant(bias) || weight == nullptr || weight->rank() != 2) return false;
  const int64_t columns = weight->dim(attribute_or<int64_t>(gemm, "transB", 0) != 0 ? 0 : 1);
  const float beta = attribute_or<float>(gemm, "beta", 1);
  if (beta == 1 && bias->shape() == Shape{columns}) return false;
  const Tensor total = scaled(*bias, beta);
  remove_attribute(graph.mutable_node(id), "beta");
  const auto row = per_column(total, columns);
  replace_constant(graph, pinned, id, 2, named_after_output(graph, id, "bias"), row ? *row : total);
  if (!row) move_bias_behind(graph, id);
  return true;
}

}  // namespace

bool normalize_gemm(Model& model) {
  const std::set<ValueId> pinned = pinned_values(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes()) {
    const Node& node = model.graph.node(id);
    if (!is_op(node, "Gemm")) continue;
    changed |= fold_alpha(model.graph, pinned, id);
    changed |= normalize_bias(model.graph, pinned, id);
  }
  return changed;
}

}  // namespace qtool
