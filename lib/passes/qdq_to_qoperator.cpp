// Before      x_q → DequantizeLinear → Conv → QuantizeLinear → y_q     (weight and bias likewise)
// After       x_q → QLinearConv → y_q
//
// Before      x_q → DequantizeLinear → Gemm → y                        (y is read as float)
// After       x_q → com.microsoft.QGemm → y
//
// Before      x_q → DequantizeLinear → MaxPool → QuantizeLinear → y_q  (the same parameters)
// After       x_q → MaxPool → y_q
//
// Conditions  activations are quantized per tensor, weights per tensor or along their output
//             channels, both in 8 bits; a bias is int32 at scale_x · scale_w with zero point 0; the
//             float value in the middle has one reader and is neither a graph output nor captured.
//             Nodes are added; those no longer needed go with remove_dead_nodes.

#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "ops/op.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

// The inputs of each quantized operator: a digit is an input of the float operator, `y` the
// output's scale and zero point, `*` all inputs.
struct Layout {
  std::string_view qoperator;
  std::string_view inputs;
};
constexpr std::array<Layout, 9> kLayouts = {{
    {"QLinearConv", "01y2"},
    {"QLinearMatMul", "01y"},
    {"com.microsoft.QGemm", "012y"},
    {"com.microsoft.QLinearAdd", "01y"},
    {"com.microsoft.QLinearMul", "01y"},
    {"com.microsoft.QLinearConcat", "y*"},
    {"com.microsoft.QLinearGlobalAveragePool", "0y"},
    {"com.microsoft.QLinearAveragePool", "0y"},
    {"com.microsoft.QLinearSigmoid", "0y"},
}};

// An integer value with its scale and zero point.
struct Quantized {
  ValueId value = ValueId::kNone;
  ValueId scale = ValueId::kNone;
  ValueId zero_point = ValueId::kNone;
  int64_t axis = 1;
};

class Rewriter {
 public:
  explicit Rewriter(Model& model)
      : model_(model), graph_(model.graph), pinned_(pinned_values(graph_)) {}

  bool rewrite_quantized_output(NodeId quantize);
  bool rewrite_float_output(NodeId node);

 private:
  std::optional<Quantized> behind_dequantize(ValueId value);
  bool is_accumulator_bias(const Node& node, const Quantized& bias);
  std::optional<Quantized> operand(const Node& node, std::size_t index);
  std::optional<std::vector<ValueId>> inputs(const Node& node, std::string_view layout,
                                             const Quantized* output);
  Quantized parameters(const Node& quantize_or_dequantize);
  std::optional<Node> on_integers(const Node& node, const Quantized& output);
  std::optional<Node> quantized_form(const Node& node, const Quantized* output);
  bool same_constant(ValueId a, ValueId b) const;
  int64_t count(ValueId value) const;

  Model& model_;
  Graph& graph_;
  std::set<ValueId> pinned_;
};

bool is_quantization_op(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && (node.domain.empty() || node.domain == kMicrosoft);
}

int64_t Rewriter::count(ValueId value) const {
  const Tensor* tensor = graph_.constant(value);
  return tensor == nullptr ? -1 : tensor->size();
}

bool Rewriter::same_constant(ValueId a, ValueId b) const {
  if (a == b) return true;
  const Tensor* left = graph_.constant(a);
  const Tensor* right = graph_.constant(b);
  return left != nullptr && right != nullptr && *left == *right;
}

// Scale and zero point of a Q or DQ node; a zero point left out is written out, as quantized
// operators require one.
Quantized Rewriter::parameters(const Node& node) {
  Quantized result{.value = node.inputs[0],
                   .scale = node.inputs[1],
                   .zero_point = node.inputs.size() > 2 ? node.inputs[2] : ValueId::kNone,
                   .axis = attribute_or<int64_t>(node, "axis", 1)};
  if (result.zero_point == ValueId::kNone) {
    const ValueId integer =
        is_quantization_op(node, "QuantizeLinear") ? node.outputs[0] : node.inputs[0];
    DType dtype = graph_.value(integer).type.dtype;
    if (dtype == DType::kUndefined) dtype = DType::kUInt8;
    Tensor zero(dtype, {});
    std::fill_n(static_cast<std::byte*>(zero.mutable_raw()), zero.bytes(), std::byte{0});
    result.zero_point = graph_.add_constant(
        graph_.unique_name(graph_.value(integer).name + "_zero_point"), Constant(std::move(zero)));
  }
  return result;
}

std::optional<Quantized> Rewriter::behind_dequantize(ValueId value) {
  if (value == ValueId::kNone) return std::nullopt;
  const NodeId producer = graph_.value(value).producer;
  if (producer == NodeId::kNone || !is_quantization_op(graph_.node(producer), "DequantizeLinear"))
    return std::nullopt;
  if (attribute_or<int64_t>(graph_.node(producer), "block_size", 0) != 0) return std::nullopt;
  return parameters(Node(graph_.node(producer)));
}

// Whether the integers of a bias add to the accumulator as they are.
bool Rewriter::is_accumulator_bias(const Node& node, const Quantized& bias) {
  const auto x = behind_dequantize(node.inputs[0]);
  const auto w = behind_dequantize(node.inputs[1]);
  if (!x || !w || graph_.value(bias.value).type.dtype != DType::kInt32) return false;
  const Tensor* s_x = graph_.constant(x->scale);
  const Tensor* s_w = graph_.constant(w->scale);
  const Tensor* s_b = graph_.constant(bias.scale);
  const Tensor* z_b = graph_.constant(bias.zero_point);
  if (s_x == nullptr || s_w == nullptr || s_b == nullptr || z_b == nullptr) return false;
  if (s_b->size() != s_w->size() && s_b->size() != 1 && s_w->size() != 1) return false;
  for (const int64_t z : to_int64s(*z_b))
    if (z != 0) return false;
  constexpr double kRounding = 1e-5;  // relative; float32 products of other tools differ by an ulp
  for (int64_t c = 0; c < std::max(s_b->size(), s_w->size()); ++c) {
    const double product =
        double(s_x->data<float>()[0]) * s_w->data<float>()[s_w->size() == 1 ? 0 : c];
    const double scale = s_b->data<float>()[s_b->size() == 1 ? 0 : c];
    if (std::fabs(scale - product) > kRounding * product) return false;
  }
  return true;
}

std::optional<Quantized> Rewriter::operand(const Node& node, std::size_t index) {
  const auto quantized = behind_dequantize(node.inputs[index]);
  if (!quantized) return std::nullopt;
  const QuantTraits& traits = quant_traits(node);
  const Role role = input_role(traits, index);
  if (role == Role::kBias) return is_accumulator_bias(node, *quantized) ? quantized : std::nullopt;
  if (bits(graph_.value(quantized->value).type.dtype) != 8) return std::nullopt;
  if (count(quantized->scale) == 1) return quantized;
  const std::optional<std::vector<Dim>>& shape = graph_.value(node.inputs[index]).type.shape;
  if (role != Role::kWeight || !shape) return std::nullopt;
  const auto rank = shape->size();
  const bool by_channel =
      normalize_axis(quantized->axis, rank) == normalize_axis(traits.weight_axis(node), rank);
  return by_channel ? quantized : std::nullopt;
}

std::optional<std::vector<ValueId>> Rewriter::inputs(const Node& node, std::string_view layout,
                                                     const Quantized* output) {
  std::vector<ValueId> result;
  const auto add_operand = [&](std::size_t index) {
    const auto quantized = operand(node, index);
    if (!quantized) return false;
    result.push_back(quantized->value);
    if (input_role(quant_traits(node), index) == Role::kBias) return true;
    result.insert(result.end(), {quantized->scale, quantized->zero_point});
    return true;
  };
  for (const char symbol : layout) {
    if (symbol == 'y') {
      if (output != nullptr) result.insert(result.end(), {output->scale, output->zero_point});
    } else if (symbol == '*') {
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (!add_operand(i)) return std::nullopt;
    } else {
      const auto index = static_cast<std::size_t>(symbol - '0');
      if (index >= node.inputs.size() || node.inputs[index] == ValueId::kNone)
        result.push_back(ValueId::kNone);
      else if (!add_operand(index))
        return std::nullopt;
    }
  }
  while (!result.empty() && result.back() == ValueId::kNone) result.pop_back();
  return result;
}

// The node itself on integers, if it only moves them and input and output share parameters.
std::optional<Node> Rewriter::on_integers(const Node& node, const Quantized& output) {
  if (!shares_params(node)) return std::nullopt;
  Node result = node;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kActivation) continue;
    const auto input = behind_dequantize(node.inputs[i]);
    if (!input || !same_constant(input->scale, output.scale) ||
        !same_constant(input->zero_point, output.zero_point))
      return std::nullopt;
    result.inputs[i] = input->value;
  }
  return result;
}

std::optional<Node> Rewriter::quantized_form(const Node& node, const Quantized* output) {
  const char* qoperator = quant_traits(node).qoperator;
  if (qoperator == nullptr) return std::nullopt;
  const std::string_view full = qoperator;
  for (const Layout& layout : kLayouts) {
    if (layout.qoperator != full) continue;
    // QGemm has no beta; its bias is added as it is.
    if (node.op_type == "Gemm" && attribute_or<float>(node, "beta", 1) != 1) return std::nullopt;
    auto operands = inputs(node, layout.inputs, output);
    if (!operands) return std::nullopt;
    const auto dot = full.rfind('.');
    Node result = node;
    result.domain = dot == full.npos ? "" : full.substr(0, dot);
    result.op_type = full.substr(dot == full.npos ? 0 : dot + 1);
    result.inputs = std::move(*operands);
    remove_attribute(result, "beta");
    return result;
  }
  return std::nullopt;
}

bool Rewriter::rewrite_quantized_output(NodeId quantize) {
  const Node q = graph_.node(quantize);
  const Value& middle = graph_.value(q.inputs[0]);
  if (middle.producer == NodeId::kNone || middle.consumers.size() != 1 ||
      pinned_.contains(q.inputs[0]))
    return false;
  const Node node = graph_.node(middle.producer);
  if (node.outputs.size() != 1 || count(q.inputs[1]) != 1) return false;
  const Quantized output = parameters(q);
  auto replacement = on_integers(node, output);
  if (!replacement) replacement = quantized_form(node, &output);
  if (!replacement) return false;
  replacement->outputs = {q.outputs[0]};
  graph_.remove_node(quantize);
  if (!replacement->domain.empty()) require_opset(model_, replacement->domain, 1);
  graph_.add_node(std::move(*replacement));
  return true;
}

// Gemm and MatMul have quantized forms that write float.
bool Rewriter::rewrite_float_output(NodeId id) {
  const Node node = graph_.node(id);
  std::optional<Node> replacement;
  if (node.op_type == "Gemm") {
    replacement = quantized_form(node, nullptr);
  } else {
    const auto a = operand(node, 0);
    const auto b = operand(node, 1);
    if (!a || !b) return false;
    replacement = node;
    replacement->op_type = "MatMulIntegerToFloat";
    replacement->inputs = {a->value, b->value, a->scale, b->scale, a->zero_point, b->zero_point};
  }
  if (!replacement) return false;
  replacement->domain = kMicrosoft;
  require_opset(model_, kMicrosoft, 1);
  graph_.remove_node(id);
  graph_.add_node(std::move(*replacement));
  return true;
}

}  // namespace

bool qdq_to_qoperator(Model& model) {
  Rewriter rewriter(model);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id) && is_quantization_op(model.graph.node(id), "QuantizeLinear"))
      changed |= rewriter.rewrite_quantized_output(id);
  for (const NodeId id : model.graph.nodes()) {
    const Node& node = model.graph.node(id);
    if (!is_op(node, "Gemm") && !is_op(node, "MatMul")) continue;
    const ValueId output = output_of(node, 0);
    if (!model.graph.value(output).consumers.empty() || model.graph.is_output(output))
      changed |= rewriter.rewrite_float_output(id);
  }
  return changed;
}

}  // namespace qtool
