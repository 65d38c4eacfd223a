// Before      y = Einsum(a, b) {equation="…ms,…sn->…mn"}        b may be "…ns" or the matrix "sn", and
//                                                              the operands may change places
// After       y = MatMul(a, b)                                 b behind a Transpose if it is "…ns"
// Conditions  both are float32 or float16; one label is summed, over the same known length on both
//             sides; other labels come in the same order. "..." may be among them.
// Formula     Σ_s a[…, m, s] · b[…, s, n]
#include <algorithm>
#include <optional>

#include "ops/einsum_equation.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool repeats(AxisLabels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

// Whether b is transposed in the product a · b; nothing if it is no product of matrices.
std::optional<bool> is_transposed(const AxisLabels& a, const AxisLabels& b,
                                  const AxisLabels& output) {
  if (a.size() < 2 || b.size() < 2 || output.size() != a.size()) return std::nullopt;
  const AxisLabels rows(a.begin(), a.end() - 1), batch(b.begin(), b.end() - 2);
  const int summed = a.back(), column = output.back();
  AxisLabels all = rows;
  all.insert(all.end(), {summed, column});
  if (repeats(all) || summed == kEllipsis || column == kEllipsis ||
      !std::equal(rows.begin(), rows.end(), output.begin()))
    return std::nullopt;
  const bool in_batch = rows.back() != kEllipsis &&
                        std::equal(batch.begin(), batch.end(), rows.begin(), rows.end() - 1);
  if (!batch.empty() && !in_batch) return std::nullopt;
  if (AxisLabels(b.end() - 2, b.end()) == AxisLabels{summed, column}) return false;
  if (AxisLabels(b.end() - 2, b.end()) == AxisLabels{column, summed}) return true;
  return std::nullopt;
}

// Length of an axis, counted from the last one; nothing if it is not known.
std::optional<int64_t> length(const Graph& graph, ValueId value, std::size_t from_end) {
  const auto& shape = graph.value(value).type.shape;
  if (!shape || shape->size() <= from_end) return std::nullopt;
  return (*shape)[shape->size() - 1 - from_end].value;
}

bool is_float(const Graph& graph, ValueId value) {
  const DType dtype = graph.value(value).type.dtype;
  return dtype == DType::kFloat32 || dtype == DType::kFloat16;
}

// The value with its last two of `rank` axes swapped.
ValueId transpose(Graph& graph, NodeId reader, ValueId value, std::size_t rank) {
  std::vector<int64_t> perm(rank);
  for (std::size_t i = 0; i < rank; ++i) perm[i] = static_cast<int64_t>(i);
  std::swap(perm[rank - 1], perm[rank - 2]);
  ValueType type = graph.value(value).type;
  if (type.shape) std::swap((*type.shape)[rank - 1], (*type.shape)[rank - 2]);
  const std::string& name = graph.node(reader).name;
  const ValueId result =
      graph.add_value(graph.unique_name(graph.value(value).name + "_transposed"), type);
  Node node{.op_type = "Transpose",
            .name = name.empty() ? "" : name + "_transpose",
            .inputs = {value},
            .outputs = {result}};
  set_attribute(node, "perm", perm);
  graph.add_node(std::move(node));
  return result;
}

bool rewrite(Graph& graph, NodeId id) {
  const Node node = graph.node(id);
  if (!is_op(node, "Einsum") || node.inputs.size() != 2) return false;
  const EinsumEquation equation = parse_einsum(attribute_or<std::string>(node, "equation", ""));
  if (equation.inputs.size() != 2) return false;
  for (const std::size_t first : {0, 1}) {
    const AxisLabels &a = equation.inputs[first], &b = equation.inputs[1 - first];
    const ValueId left = node.inputs[first], right = node.inputs[1 - first];
    if (!is_float(graph, left) || !is_float(graph, right)) return false;
    const auto transposed = is_transposed(a, b, equation.output);
    if (!transposed) continue;
    const bool has_rank = std::find(b.begin(), b.end(), kEllipsis) == b.end();
    const auto summed = length(graph, left, 0);
    if (!summed || summed != length(graph, right, *transposed ? 0 : 1) ||
        (*transposed && !has_rank))
      return false;
    graph.set_inputs(id, {left, *transposed ? transpose(graph, id, right, b.size()) : right});
    graph.mutable_node(id).op_type = "MatMul";
    remove_attribute(graph.mutable_node(id), "equation");
    return true;
  }
  return false;
}

}  // namespace

bool einsum_to_matmul(Model& model) {
  bool changed = false;
  for (const NodeId id : model.graph.nodes()) changed |= rewrite(model.graph, id);
  return changed;
}

}  // namespace qtool
