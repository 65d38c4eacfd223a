#include "quant/apply/apply_gather.h"

#include "passes/rewrite.h"

namespace qtool {

std::string gather_objection(const Graph& graph, const Node& node) {
  if (!is_op(node, "Gather")) return "it is not a Gather";
  const Tensor* table = graph.constant_input(node, 0);
  if (table == nullptr) return "its table is not constant";
  if (table->dtype() != DType::kFloat32) return "its table is not float32";
  if (table->rank() < 2) return "its table has one axis only";
  if (table->size() == 0) return "its table is empty";
  const auto axis = attribute_or<int64_t>(node, "axis", 0);
  return normalize_axis(axis, table->rank()) == 0 ? "" : "it does not gather along axis 0";
}

void apply_gather(Graph& graph, Emitter& emitter, NodeId id, const QuantParams& table) {
  const ValueId floats = graph.node(id).inputs[0], output = graph.node(id).outputs[0];
  const Value& value = graph.value(output);
  const std::string base = emitter.base_of(graph.value(floats).name, table);
  const bool by_column = table.axis == static_cast<int>(graph.constant(floats)->rank()) - 1;
  if (table.block != 0 || !(table.per_tensor() || by_column))
    fail("parameters of table '{}' must be one for all or one for each column", base);
  ValueType type = value.type;
  type.dtype = table.dtype;
  const ValueId rows = graph.add_value(graph.unique_name(value.name + "_quantized"), type);
  graph.set_input(id, 0, emitter.quantize_constant(floats, base, table));
  graph.set_output(id, 0, rows);
  emitter.dequantize(rows, base, table, output);
  // Whatever the rank of the indices, columns are last.
  if (by_column)
    set_attribute(graph.mutable_node(graph.value(output).producer), "axis", int64_t{-1});
}

}  // namespace qtool
