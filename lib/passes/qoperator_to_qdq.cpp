// Before      x_q → QLinearConv → y_q
// After       x_q → DequantizeLinear → Conv → QuantizeLinear → y_q     (weight and bias likewise)
//
// Before      x_q → com.microsoft.QGemm → y                            (without y_scale)
// After       x_q → DequantizeLinear → Gemm → y
//
// Before      x_q → MaxPool → y_q             x_q of known parameters; operators that move elements
// After       x_q → DequantizeLinear → MaxPool → QuantizeLinear → y_q
//
// Conditions  the operator is in quantized_forms.cpp; parameters are per tensor, those of a weight
//             per tensor or one for each output channel; with a bias, scales are constant; channels
//             are not the last axis; what remains is left as it is. Runtimes match groups of nodes:
//             each reader has a DequantizeLinear of its own, and integers are not moved bare.
// Formula     scale of a bias: alpha · scale_x · scale_w, zero point 0; alpha of Gemm, else 1

#include <algorithm>
#include <map>
#include <optional>

#include "ops/op.h"
#include "passes/accumulator_bias.h"
#include "passes/passes.h"
#include "passes/quantized_forms.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

using What = Slot::What;
// What a quantized operator reads and writes, by input of the float operator or kOutput.
using Operands = std::map<std::size_t, Quantized>;

class Rewriter {
 public:
  explicit Rewriter(Model& model) : model_(model), graph_(model.graph) {}

  bool rewrite(NodeId id);

 private:
  Operands operands(const Node& node, const std::vector<Slot>& slots) const;
  bool find_axis(const Node& node, std::size_t index, Quantized& quantized) const;
  bool adapt_attributes(Node& node) const;
  std::optional<Quantized> bias(const Node& node, ValueId integers, const Operands& operands);
  ValueId scalar(ValueId constant);
  ValueId spread(ValueId zero_point, const Shape& shape);
  Quantized with_plain_params(Quantized quantized);
  std::string real_name(ValueId integers) const;
  ValueId dequantize(const Quantized& quantized);
  std::optional<std::vector<ValueId>> float_inputs(const Node& node, const Node& old,
                                                   const std::vector<Slot>& slots,
                                                   const Operands& operands);
  void add_quantized(Node node, std::vector<Quantized> outputs);
  void add_product(Node node);
  bool to_float(NodeId id, const QuantizedForm& form);
  bool wrap(NodeId id);

  Model& model_;
  Graph& graph_;
  std::map<ValueId, Quantized> known_;    // integers whose parameters are known
  std::map<ValueId, ValueId> as_scalar_;  // of constants of one element
};

Operands Rewriter::operands(const Node& node, const std::vector<Slot>& slots) const {
  Operands result;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const ValueId input = input_of(node, i);
    if (slots[i].what == What::kIntegers) result[slots[i].input].value = input;
    if (slots[i].what == What::kScale) result[slots[i].input].scale = input;
    if (slots[i].what == What::kZeroPoint) result[slots[i].input].zero_point = input;
  }
  if (const auto output = result.find(kOutput); output != result.end())
    if (output->second.scale != ValueId::kNone) output->second.value = node.outputs[0];
  std::erase_if(result, [](const auto& entry) { return entry.second.value == ValueId::kNone; });
  for (auto& [index, quantized] : result) {
    const bool is_typed = quantized.zero_point != ValueId::kNone;
    quantized.dtype = graph_.value(is_typed ? quantized.zero_point : quantized.value).type.dtype;
  }
  return result;
}

int64_t size_of(const Graph& graph, ValueId value) {
  const auto shape = static_shape(graph.value(value).type);
  return shape ? element_count(*shape) : constant_size(graph, value);
}

// Whether DequantizeLinear can express the parameters of an operand of the float node; notes along
// which axis.
bool Rewriter::find_axis(const Node& node, std::size_t index, Quantized& quantized) const {
  if (quantized.scale == ValueId::kNone || bits(quantized.dtype) != 8) return false;
  const int64_t scales = size_of(graph_, quantized.scale);
  const int64_t zeros =
      quantized.zero_point == ValueId::kNone ? 1 : size_of(graph_, quantized.zero_point);
  if (scales == 1) return zeros == 1;
  const Tensor* scale = graph_.constant(quantized.scale);
  const auto& shape = graph_.value(quantized.value).type.shape;
  const QuantTraits& traits = quant_traits(node);
  const bool is_weight = index != kOutput && input_role(traits, index) == Role::kWeight &&
                         traits.weight_axis != nullptr;
  if (!is_weight || !shape || scale == nullptr || scale->rank() != 1) return false;
  quantized.axis = normalize_axis(traits.weight_axis(node), shape->size());
  return zeros == scales || (zeros == 1 && (quantized.zero_point == ValueId::kNone ||
                                            graph_.constant(quantized.zero_point) != nullptr));
}

// Makes the attributes of a quantized operator those of its float one; false if that lacks one.
bool Rewriter::adapt_attributes(Node& node) const {
  if (attribute_or<int64_t>(node, "channels_last", 0) != 0) return false;
  remove_attribute(node, "channels_last");
  if (!is_op(node, "Softmax")) return true;
  // Softmax takes all axes from `axis` on before opset 13, and only that one since.
  const auto opset = attribute_or<int64_t>(node, "opset", 0);
  const bool flattens = opset < 13;
  remove_attribute(node, "opset");
  if (flattens == (opset_version(model_, "") < 13)) return true;
  const auto& shape = graph_.value(input_of(node, 0)).type.shape;
  const auto axis = attribute_or<int64_t>(node, "axis", flattens ? 1 : -1);
  if (!shape || normalize_axis(axis, shape->size()) + 1 != static_cast<int>(shape->size()))
    return false;
  set_attribute(node, "axis", axis);
  return true;
}

// The constant as a scalar, as which parameters of a whole tensor are written.
ValueId Rewriter::scalar(ValueId value) {
  const Tensor* tensor = graph_.constant(value);
  if (tensor == nullptr || tensor->rank() == 0 || tensor->size() != 1) return value;
  const auto [it, is_new] = as_scalar_.emplace(value, value);
  if (is_new)
    it->second = graph_.add_constant(graph_.unique_name(graph_.value(value).name + "_scalar"),
                                     Constant(tensor->reshaped({})));
  return it->second;
}

// A zero point in the shape of its scale.
ValueId Rewriter::spread(ValueId zero_point, const Shape& shape) {
  const Tensor& single = *graph_.constant(zero_point);
  Tensor all(single.dtype(), shape);
  const auto* from = static_cast<const std::byte*>(single.raw());
  std::fill_n(static_cast<std::byte*>(all.mutable_raw()), all.bytes(), *from);
  return graph_.add_constant(graph_.unique_name(graph_.value(zero_point).name + "_spread"),
                             Constant(std::move(all)));
}

// The same with its parameters in the shapes that QuantizeLinear and DequantizeLinear want.
Quantized Rewriter::with_plain_params(Quantized quantized) {
  quantized.zero_point = written_zero_point(graph_, quantized);
  if (size_of(graph_, quantized.scale) == 1) {
    quantized.scale = scalar(quantized.scale);
    quantized.zero_point = scalar(quantized.zero_point);
  } else if (size_of(graph_, quantized.zero_point) == 1) {
    quantized.zero_point = spread(quantized.zero_point, graph_.constant(quantized.scale)->shape());
  }
  return quantized;
}

// The integers of a bias with the scale that they have in sums of products.
std::optional<Quantized> Rewriter::bias(const Node& node, ValueId integers,
                                        const Operands& operands) {
  if (!operands.contains(0) || !operands.contains(1)) return std::nullopt;
  const auto scales = product_scales(graph_, node, operands.at(0).scale, operands.at(1).scale);
  if (!scales) return std::nullopt;
  const ValueType& type = graph_.value(integers).type;
  const auto axis = bias_axis(type, scales->size());
  if (!axis || type.dtype != DType::kInt32) return std::nullopt;
  const QuantParams params{.dtype = DType::kInt32,
                           .scale = *scales,
                           .zero_point = std::vector<int32_t>(scales->size(), 0),
                           .axis = *axis};
  const std::string base = graph_.value(integers).name;
  const auto constant = [&](const char* suffix, Tensor tensor) {
    return graph_.add_constant(graph_.unique_name(base + suffix), Constant(std::move(tensor)));
  };
  return Quantized{.value = integers,
                   .scale = constant("_scale", scale_tensor(params)),
                   .zero_point = constant("_zero_point", zero_point_tensor(params)),
                   .dtype = DType::kInt32,
                   .axis = *axis};
}

// What the numbers behind integers are called: without the suffix that quantizers add.
std::string Rewriter::real_name(ValueId integers) const {
  constexpr std::string_view kSuffix = "_quantized";
  std::string name = graph_.value(integers).name;
  if (name.ends_with(kSuffix) && name.size() > kSuffix.size())
    name.resize(name.size() - kSuffix.size());
  return name;
}

void set_axis(const Graph& graph, const Quantized& quantized, Node& node) {
  if (size_of(graph, quantized.scale) != 1) set_attribute(node, "axis", quantized.axis);
}

ValueId Rewriter::dequantize(const Quantized& quantized) {
  ValueType type = graph_.value(quantized.value).type;
  type.dtype = DType::kFloat32;
  const std::string name = graph_.unique_name(real_name(quantized.value) + "_dequantized");
  const ValueId output = graph_.add_value(name, std::move(type));
  Node node{.op_type = "DequantizeLinear",
            .name = name + "_DequantizeLinear",
            .inputs = {quantized.value, quantized.scale, quantized.zero_point},
            .outputs = {output}};
  set_axis(graph_, quantized, node);
  graph_.add_node(std::move(node));
  return output;
}

// Adds a float node whose outputs are then quantized to the given integers.
void Rewriter::add_quantized(Node node, std::vector<Quantized> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    ValueType type = graph_.value(outputs[i].value).type;
    type.dtype = DType::kFloat32;
    const std::string name = graph_.unique_name(real_name(outputs[i].value));
    const ValueId real = graph_.add_value(name, std::move(type));
    node.outputs[i] = real;
    graph_.add_node({.op_type = "QuantizeLinear",
                     .name = name + "_QuantizeLinear",
                     .inputs = {real, outputs[i].scale, outputs[i].zero_point},
                     .outputs = {outputs[i].value}});
    graph_.mutable_value(outputs[i].value).type.dtype = outputs[i].dtype;
    known_[outputs[i].value] = outputs[i];
  }
  graph_.add_node(std::move(node));
}

// A MatMul that brings a bias, as MatMulIntegerToFloat may: it becomes an Add.
void Rewriter::add_product(Node node) {
  const ValueId sum = node.outputs[0];
  const ValueId product = graph_.add_value(graph_.unique_name(graph_.value(sum).name + "_product"));
  graph_.add_node({.op_type = "Add",
                   .name = node.name.empty() ? "" : node.name + "_bias",
                   .inputs = {product, node.inputs[2]},
                   .outputs = {sum}});
  node.inputs.resize(2);
  node.outputs[0] = product;
  graph_.add_node(std::move(node));
}

std::size_t count_inputs(const Node& node, const QuantizedForm& form) {
  return form.inputs.ends_with('*') && node.inputs.size() > 2 ? (node.inputs.size() - 2) / 3 : 0;
}

// What the float node reads; nothing, and no change, if a bias has no scale.
std::optional<std::vector<ValueId>> Rewriter::float_inputs(const Node& node, const Node& old,
                                                           const std::vector<Slot>& slots,
                                                           const Operands& operands) {
  std::map<std::size_t, ValueId> inputs;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const ValueId input = input_of(old, i);
    if (input == ValueId::kNone) continue;
    if (slots[i].what == What::kAsIs) inputs[slots[i].input] = input;
    if (slots[i].what != What::kBias) continue;
    const auto quantized = bias(node, input, operands);
    if (!quantized) return std::nullopt;
    inputs[slots[i].input] = dequantize(*quantized);
  }
  for (const auto& [index, quantized] : operands)
    if (index != kOutput) inputs[index] = dequantize(with_plain_params(quantized));
  std::vector<ValueId> result(inputs.empty() ? 0 : inputs.rbegin()->first + 1, ValueId::kNone);
  for (const auto& [index, value] : inputs) result[index] = value;
  return result;
}

bool Rewriter::to_float(NodeId id, const QuantizedForm& form) {
  const Node old = graph_.node(id);
  const std::vector<Slot> slots = slots_of(form, count_inputs(old, form));
  Operands operands = this->operands(old, slots);
  const bool writes_integers = operands.contains(kOutput);
  if (!writes_integers && form.output == QuantizedForm::Output::kIntegers) return false;
  Node node = old;
  set_op(node, form.op);
  if (!adapt_attributes(node)) return false;
  for (auto& [index, quantized] : operands)
    if (!find_axis(node, index, quantized)) return false;
  auto inputs = float_inputs(node, old, slots, operands);
  if (!inputs) return false;
  node.inputs = std::move(*inputs);
  graph_.remove_node(id);
  if (writes_integers)
    add_quantized(std::move(node), {with_plain_params(operands.at(kOutput))});
  else if (is_op(node, "MatMul") && node.inputs.size() > 2)
    add_product(std::move(node));
  else
    graph_.add_node(std::move(node));
  return true;
}

// A node that moves integers moves the numbers that they stand for.
bool Rewriter::wrap(NodeId id) {
  Node node = graph_.node(id);
  std::optional<Quantized> common;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kActivation) continue;
    const auto it = known_.find(node.inputs[i]);
    if (it == known_.end() || (common && !same_params(graph_, *common, it->second))) return false;
    common = it->second;
  }
  if (!common) return false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (input_role(quant_traits(node), i) == Role::kActivation)
      node.inputs[i] = dequantize(known_.at(node.inputs[i]));
  std::vector<Quantized> outputs;
  for (const ValueId output : node.outputs) {
    outputs.push_back(*common);
    outputs.back().value = output;
  }
  graph_.remove_node(id);
  add_quantized(std::move(node), std::move(outputs));
  return true;
}

bool Rewriter::rewrite(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& outputs = node.outputs;
  if (std::count(outputs.begin(), outputs.end(), ValueId::kNone) != 0 || outputs.empty())
    return false;
  if (is_quantize(node)) {
    const Quantized output = quantized_output(graph_, node);
    if (constant_size(graph_, output.scale) == 1) known_[output.value] = output;
    return false;
  }
  const std::string op = full_op_type(node);
  for (const QuantizedForm& form : quantized_forms())
    if (form.qoperator == op) return to_float(id, form);
  return shares_params(node) && wrap(id);
}

}  // namespace

bool qoperator_to_qdq(Model& model) {
  Rewriter rewriter(model);
  bool changed = false;
  for (const NodeId id : model.graph.nodes()) changed |= rewriter.rewrite(id);
  return changed;
}

}  // namespace qtool
