#include "report/model_summary.h"

#include <fmt/ranges.h>

#include <set>

#include "runtime/executor.h"

namespace qtool {
namespace {

class Summarizer {
 public:
  explicit Summarizer(const Model& model) : model_(model), graph_(model.graph) {}
  ModelSummary run();

 private:
  ModelSummary::Port port(ValueId id) const;
  void add_parameters();
  void add_quantized(const Node& node);
  void add(ValueId integers, const Tensor* scale, const Tensor* zero_point, int64_t axis);

  const Model& model_;
  const Graph& graph_;
  ModelSummary summary_;
  std::set<ValueId> seen_;
};

ModelSummary::Port Summarizer::port(ValueId id) const {
  return {graph_.value(id).name, to_string(graph_.value(id).type)};
}

void Summarizer::add_parameters() {
  for (const ValueId id : graph_.values()) {
    const Tensor* tensor = graph_.constant(id);
    if (tensor == nullptr) continue;
    auto& entry = summary_.parameters[std::string(name(tensor->dtype()))];
    ++entry.tensors;
    entry.elements += tensor->size();
    entry.bytes += static_cast<int64_t>(tensor->bytes());
  }
}

void Summarizer::add(ValueId integers, const Tensor* scale, const Tensor* zero_point,
                     int64_t axis) {
  if (integers == ValueId::kNone || scale == nullptr || !seen_.insert(integers).second) return;
  const Value& value = graph_.value(integers);
  const std::size_t rank = value.type.shape ? value.type.shape->size() : 0;
  const bool per_tensor = scale->size() == 1;
  QuantParams params{.dtype = zero_point != nullptr ? zero_point->dtype() : value.type.dtype,
                     .scale = scale->to_vector<float>(),
                     .zero_point = {},
                     .axis = per_tensor ? -1
                             : rank > 0 ? normalize_axis(axis, rank)
                                        : int(axis)};
  if (zero_point != nullptr)
    for (const int64_t z : to_int64s(*zero_point)) params.zero_point.push_back(int32_t(z));
  else
    params.zero_point.assign(params.scale.size(), 0);
  summary_.quantized.push_back({value.name, value.constant ? "weight" : "activation", params});
}

// Operands of each operator that carry a scale: input index of the integers, then of scale and zero
// point behind it. Q and DQ, and the quantized operators.
void Summarizer::add_quantized(const Node& node) {
  const auto constant = [&](std::size_t i) { return graph_.constant_input(node, i); };
  const auto input = [&](std::size_t i) {
    return i < node.inputs.size() ? node.inputs[i] : ValueId::kNone;
  };
  const int64_t axis = attribute_or<int64_t>(node, "axis", 1);
  if (node.op_type == "DequantizeLinear")
    add(input(0), constant(1), constant(2), axis);
  else if (node.op_type == "QuantizeLinear")
    add(node.outputs[0], constant(1), constant(2), axis);
  else if (node.op_type == "DynamicQuantizeLinear")
    summary_.quantized.push_back({graph_.value(node.inputs[0]).name, "dynamic", {}});
  else if (node.op_type == "QLinearConv" || node.op_type == "QLinearMatMul" ||
           node.op_type == "QGemm" || node.op_type == "QLinearAdd" || node.op_type == "QLinearMul")
    for (const std::size_t i : {std::size_t{0}, std::size_t{3}})
      add(input(i), constant(i + 1), constant(i + 2), node.op_type == "QLinearConv" ? 0 : 1);
}

ModelSummary Summarizer::run() {
  summary_.ir_version = model_.ir_version;
  summary_.opsets = model_.opsets;
  for (const ValueId id : required_inputs(graph_)) summary_.inputs.push_back(port(id));
  for (const ValueId id : graph_.outputs()) summary_.outputs.push_back(port(id));
  add_parameters();
  for (const NodeId id : graph_.nodes()) {
    ++summary_.operators[full_op_type(graph_.node(id))];
    add_quantized(graph_.node(id));
  }
  return std::move(summary_);
}

}  // namespace

std::string to_string(const ValueType& type) {
  std::string result(name(type.dtype));
  if (!type.shape) return result + "[...]";
  std::vector<std::string> dims;
  for (const Dim& dim : *type.shape)
    dims.push_back(dim.known() ? std::to_string(dim.value) : dim.name.empty() ? "?" : dim.name);
  return fmt::format("{}[{}]", result, fmt::join(dims, ", "));
}

ModelSummary summarize(const Model& model) { return Summarizer(model).run(); }

}  // namespace qtool
