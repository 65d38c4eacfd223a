// Before      x_q → DequantizeLinear → Conv → QuantizeLinear → y_q     (weight and bias likewise)
// After       x_q → QLinearConv → y_q
//
// Before      x_q → DequantizeLinear → Gemm → y                        (y is read as float)
// After       x_q → com.microsoft.QGemm → y
//
// Before      x_q → DequantizeLinear → MaxPool → QuantizeLinear → y_q  (the same parameters)
// After       x_q → MaxPool → y_q
//
// Conditions  the operator has a form in quantized_forms.cpp; activations are quantized per tensor,
//             weights per tensor or along their output channels, all in 8 bits and in types that go
//             together; a bias is int32 at scale_x · scale_w with zero point 0, or a float constant
//             whose step at that scale is at most a quarter of the output's; the float value in the
//             middle has one reader and is neither a graph output nor captured.
//             Nodes are added; those no longer needed go with remove_dead_nodes.
// Formula     of a float bias: b_q = round(b / (scale_x · scale_w))

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "ops/op.h"
#include "ops/quantized_inputs.h"
#include "passes/accumulator_bias.h"
#include "passes/passes.h"
#include "passes/quantized_forms.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

using What = Slot::What;
// The quantized inputs of a node, by index.
using Operands = std::map<std::size_t, Quantized>;

class Rewriter {
 public:
  explicit Rewriter(Model& model)
      : model_(model), graph_(model.graph), pinned_(pinned_values(graph_)) {}

  bool rewrite_quantized_output(NodeId quantize);
  bool rewrite_float_output(NodeId node);

 private:
  std::optional<Quantized> behind_dequantize(ValueId value) const;
  std::optional<Quantized> operand(const Node& node, std::size_t index) const;
  std::optional<Operands> operands(const Node& node, const std::vector<Slot>& slots) const;
  std::optional<ValueId> bias(const Node& node, std::size_t index, const Operands& operands,
                              const Quantized* output);
  bool adapt_attributes(Node& node) const;
  NodeId only_quantize(ValueId middle) const;
  bool move_integers(NodeId id);
  std::optional<Node> quantized_form(const Node& node, const Quantized* output);
  std::optional<Node> in_form(const Node& node, const QuantizedForm& form, const Quantized* output);
  void replace(const std::vector<NodeId>& old, Node replacement);

  Model& model_;
  Graph& graph_;
  const std::set<ValueId> pinned_;
};

std::optional<Quantized> Rewriter::behind_dequantize(ValueId value) const {
  if (value == ValueId::kNone) return std::nullopt;
  const NodeId producer = graph_.value(value).producer;
  if (producer == NodeId::kNone || !is_dequantize(graph_.node(producer))) return std::nullopt;
  if (attribute_or<int64_t>(graph_.node(producer), "block_size", 0) != 0) return std::nullopt;
  const Quantized result = quantized_input(graph_, graph_.node(producer));
  const Tensor* scale = graph_.constant(result.scale);
  if (scale == nullptr || scale->dtype() != DType::kFloat32) return std::nullopt;
  return result;
}

std::optional<Quantized> Rewriter::operand(const Node& node, std::size_t index) const {
  const auto quantized = behind_dequantize(node.inputs[index]);
  if (!quantized || !is_byte(quantized->dtype)) return std::nullopt;
  if (constant_size(graph_, quantized->scale) == 1) return quantized;
  const QuantTraits& traits = quant_traits(node);
  const std::optional<std::vector<Dim>>& shape = graph_.value(node.inputs[index]).type.shape;
  if (input_role(traits, index) != Role::kWeight || !shape) return std::nullopt;
  const auto rank = shape->size();
  const bool by_channel =
      normalize_axis(quantized->axis, rank) == normalize_axis(traits.weight_axis(node), rank);
  return by_channel ? quantized : std::nullopt;
}

// Whether kernels take these types together: all the same, or int8 weights beside uint8.
bool types_agree(const Node& node, const Operands& operands, const Quantized* output) {
  const DType dtype = operands.begin()->second.dtype;
  for (const auto& [index, operand] : operands)
    if (operand.dtype != dtype &&
        (operand.dtype != DType::kInt8 || input_role(quant_traits(node), index) != Role::kWeight))
      return false;
  return output == nullptr || output->dtype == dtype;
}

// All inputs that the slots take as integers; nothing if one of them is not there as integers, or if
// the node has an input that the slots lack.
std::optional<Operands> Rewriter::operands(const Node& node, const std::vector<Slot>& slots) const {
  Operands result;
  std::set<std::size_t> taken;
  for (const Slot& slot : slots) {
    taken.insert(slot.input);
    if (slot.what != What::kIntegers || input_of(node, slot.input) == ValueId::kNone) continue;
    const auto quantized = operand(node, slot.input);
    if (!quantized) return std::nullopt;
    result.emplace(slot.input, *quantized);
  }
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (node.inputs[i] != ValueId::kNone && !taken.contains(i)) return std::nullopt;
  if (result.empty()) return std::nullopt;
  return result;
}

// The integers of the bias, kNone if there is no bias; nothing if it cannot be had as integers.
std::optional<ValueId> Rewriter::bias(const Node& node, std::size_t index, const Operands& operands,
                                      const Quantized* output) {
  const ValueId value = input_of(node, index);
  if (value == ValueId::kNone) return value;
  const auto scales = product_scales(graph_, node, operands.at(0).scale, operands.at(1).scale);
  if (!scales) return std::nullopt;
  if (const auto quantized = behind_dequantize(value))
    return is_accumulator_bias(graph_, *quantized, *scales) ? std::optional(quantized->value)
                                                            : std::nullopt;
  const Tensor* floats = graph_.constant(value);
  if (floats == nullptr || output == nullptr) return std::nullopt;
  auto integers = quantize_bias(*floats, *scales, *graph_.constant(output->scale)->data<float>());
  if (!integers) return std::nullopt;
  return graph_.add_constant(graph_.unique_name(graph_.value(value).name + "_quantized"),
                             Constant(std::move(*integers)));
}

// Makes the attributes of a float operator those of its quantized form; false if that lacks one.
bool Rewriter::adapt_attributes(Node& node) const {
  if (is_op(node, "Gemm")) {
    if (attribute_or<float>(node, "beta", 1) != 1) return false;
    remove_attribute(node, "beta");
  }
  if (is_op(node, "AveragePool")) {
    for (const int64_t step : attribute_or<std::vector<int64_t>>(node, "dilations", {}))
      if (step != 1) return false;
    remove_attribute(node, "dilations");
  }
  if (is_op(node, "Softmax")) set_attribute(node, "opset", opset_version(model_, ""));
  return true;
}

// The node with its inputs and attributes in that form; its outputs are still the float ones.
std::optional<Node> Rewriter::in_form(const Node& node, const QuantizedForm& form,
                                      const Quantized* output) {
  const std::vector<Slot> slots = slots_of(form, node.inputs.size());
  const auto operands = this->operands(node, slots);
  if (!operands || !types_agree(node, *operands, output)) return std::nullopt;
  Node result = node;
  result.inputs.clear();
  if (!adapt_attributes(result)) return std::nullopt;
  for (const Slot& slot : slots) {
    const auto it = operands->find(slot.input);
    const Quantized* of = slot.input == kOutput ? output : nullptr;
    if (it != operands->end()) of = &it->second;
    ValueId input = ValueId::kNone;
    if (slot.what == What::kAsIs) {
      input = input_of(node, slot.input);
    } else if (slot.what == What::kBias) {
      const auto integers = bias(node, slot.input, *operands, output);
      if (!integers) return std::nullopt;
      input = *integers;
    } else if (of != nullptr) {
      input = slot.what == What::kIntegers ? of->value
              : slot.what == What::kScale  ? of->scale
                                           : written_zero_point(graph_, *of);
    }
    result.inputs.push_back(input);
  }
  while (result.inputs.back() == ValueId::kNone) result.inputs.pop_back();
  set_op(result, form.qoperator);
  return result;
}

std::optional<Node> Rewriter::quantized_form(const Node& node, const Quantized* output) {
  const auto unfit = output ? QuantizedForm::Output::kFloat : QuantizedForm::Output::kIntegers;
  const std::string op = full_op_type(node);
  for (const QuantizedForm& form : quantized_forms())
    if (form.output != unfit && form.op == op)
      if (auto result = in_form(node, form, output)) return result;
  return std::nullopt;
}

// The QuantizeLinear that is alone in reading a value, or kNone.
NodeId Rewriter::only_quantize(ValueId middle) const {
  if (middle == ValueId::kNone || pinned_.contains(middle)) return NodeId::kNone;
  const std::vector<NodeId>& readers = graph_.value(middle).consumers;
  if (readers.size() != 1 || !is_quantize(graph_.node(readers[0]))) return NodeId::kNone;
  const Quantized output = quantized_output(graph_, graph_.node(readers[0]));
  const Tensor* scale = graph_.constant(output.scale);
  const bool per_tensor =
      scale != nullptr && scale->size() == 1 && scale->dtype() == DType::kFloat32;
  return per_tensor ? readers[0] : NodeId::kNone;
}

void Rewriter::replace(const std::vector<NodeId>& old, Node replacement) {
  for (const NodeId id : old) graph_.remove_node(id);
  if (!replacement.domain.empty()) require_opset(model_, replacement.domain, 1);
  graph_.add_node(std::move(replacement));
}

// A node that only moves elements moves integers, if all its inputs and outputs share parameters.
bool Rewriter::move_integers(NodeId id) {
  Node node = graph_.node(id);
  if (!shares_params(node)) return false;
  std::optional<Quantized> common;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kActivation) continue;
    const auto input = behind_dequantize(node.inputs[i]);
    if (!input || !is_byte(input->dtype) || constant_size(graph_, input->scale) != 1) return false;
    if (common && !same_params(graph_, *common, *input)) return false;
    common = input;
    node.inputs[i] = input->value;
  }
  if (!common) return false;
  std::vector<NodeId> quantizes;
  for (ValueId& output : node.outputs) {
    quantizes.push_back(only_quantize(output));
    if (quantizes.back() == NodeId::kNone) return false;
    const Node& quantize = graph_.node(quantizes.back());
    if (!same_params(graph_, *common, quantized_output(graph_, quantize))) return false;
    output = quantize.outputs[0];
  }
  replace(quantizes, std::move(node));
  return true;
}

bool Rewriter::rewrite_quantized_output(NodeId quantize) {
  const ValueId middle = input_of(graph_.node(quantize), 0);
  if (only_quantize(middle) != quantize) return false;
  const NodeId producer = graph_.value(middle).producer;
  if (producer == NodeId::kNone) return false;
  if (move_integers(producer)) return true;
  const Node node = graph_.node(producer);
  if (node.outputs.size() != 1) return false;
  const Quantized output = quantized_output(graph_, graph_.node(quantize));
  auto replacement = quantized_form(node, &output);
  if (!replacement) return false;
  replacement->outputs = {output.value};
  replace({quantize}, std::move(*replacement));
  return true;
}

bool Rewriter::rewrite_float_output(NodeId id) {
  const Node& node = graph_.node(id);
  const auto is_read = [&](ValueId output) {
    return output != ValueId::kNone &&
           (!graph_.value(output).consumers.empty() || pinned_.contains(output));
  };
  if (std::none_of(node.outputs.begin(), node.outputs.end(), is_read)) return false;
  auto replacement = quantized_form(node, nullptr);
  if (!replacement) return false;
  replace({id}, std::move(*replacement));
  return true;
}

}  // namespace

bool qdq_to_qoperator(Model& model) {
  Rewriter rewriter(model);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id) && is_quantize(model.graph.node(id)))
      changed |= rewriter.rewrite_quantized_output(id);
  for (const NodeId id : model.graph.nodes()) changed |= rewriter.rewrite_float_output(id);
  return changed;
}

}  // namespace qtool
