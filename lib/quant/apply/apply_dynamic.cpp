#include "quant/apply/apply_dynamic.h"

#include <algorithm>
#include <optional>

#include "passes/rewrite.h"
#include "quant/params/swap_axes.h"
#include "tensor/quantize_later.h"

namespace qtool {
namespace {

// Adds nodes for one node, naming them and their values after it.
class DynamicEmitter {
 public:
  DynamicEmitter(Graph& graph, NodeId id) : graph_(graph), node_(graph.node(id)), id_(id) {}
  void run(const QuantParams& weight);

 private:
  ValueId add(std::string op_type, std::vector<ValueId> inputs, std::string_view suffix,
              ValueType type, std::vector<Attribute> attributes = {});
  ValueId constant(ValueId original, std::string_view suffix, Tensor tensor);
  ValueId transposed_input(ValueId x);
  ValueId bias(std::size_t rank);
  ValueType output_type(DType dtype) const;

  Graph& graph_;
  const Node node_;
  const NodeId id_;
};

ValueType DynamicEmitter::output_type(DType dtype) const {
  ValueType type = graph_.value(node_.outputs[0]).type;
  type.dtype = dtype;
  return type;
}

ValueId DynamicEmitter::add(std::string op_type, std::vector<ValueId> inputs,
                            std::string_view suffix, ValueType type,
                            std::vector<Attribute> attributes) {
  const std::string name = node_.name + std::string(suffix);
  const ValueId output = graph_.add_value(graph_.unique_name(name), std::move(type));
  graph_.add_node({.op_type = std::move(op_type),
                   .name = name,
                   .inputs = std::move(inputs),
                   .outputs = {output},
                   .attributes = std::move(attributes)});
  return output;
}

ValueId DynamicEmitter::constant(ValueId original, std::string_view suffix, Tensor tensor) {
  return shared_constant(graph_, graph_.value(original).name + std::string(suffix),
                         std::move(tensor));
}

ValueId DynamicEmitter::transposed_input(ValueId x) {
  ValueType type = graph_.value(x).type;
  if (type.shape) std::reverse(type.shape->begin(), type.shape->end());
  return add("Transpose", {x}, "_input_transposed", type,
             {{"perm", std::vector<int64_t>{1, 0}, {}}});
}

Tensor scaled(const Tensor& tensor, float factor) {
  Tensor result = tensor.clone();
  for (int64_t i = 0; i < result.size(); ++i) result.mutable_data<float>()[i] *= factor;
  return result;
}

// Per-channel constants of a convolution broadcast along [1, C, 1, 1…].
Tensor along_channels(const Tensor& tensor, std::size_t rank) {
  if (tensor.size() == 1) return tensor;
  Shape shape(rank, 1);
  shape[1] = tensor.size();
  return tensor.reshaped(shape);
}

// The zero point of the weight, one number where all channels have the same: ConvInteger of most
// runtimes takes no other. Absent: 0, the operators' default.
std::optional<Tensor> weight_zero_point(QuantParams params) {
  const auto same = [&](int32_t z) { return z == params.zero_point[0]; };
  if (std::all_of(params.zero_point.begin(), params.zero_point.end(), same)) {
    params.zero_point.resize(1);
    params.scale.resize(1);
    params.axis = -1;
    if (params.zero_point[0] == 0) return std::nullopt;
  }
  return zero_point_tensor(params);
}

// What is added in the end, or kNone.
ValueId DynamicEmitter::bias(std::size_t rank) {
  const ValueId bias = input_of(node_, 2);
  if (bias == ValueId::kNone) return bias;
  if (node_.op_type == "Conv")
    return constant(bias, "_channels", along_channels(*graph_.constant(bias), rank));
  const float beta = attribute_or<float>(node_, "beta", 1);
  if (beta == 1) return bias;
  if (const Tensor* tensor = graph_.constant(bias))
    return constant(bias, "_times_beta", scaled(*tensor, beta));
  const ValueId factor = shared_constant(graph_, node_.name + "_beta", Tensor::scalar(beta));
  return add("Mul", {bias, factor}, "_bias", graph_.value(bias).type);
}

void DynamicEmitter::run(const QuantParams& weight) {
  const bool is_conv = node_.op_type == "Conv";
  const bool is_gemm = node_.op_type == "Gemm";
  const ValueId w = node_.inputs[1];
  const std::size_t rank = graph_.constant(w)->rank();

  Tensor integers = quantize_later(*graph_.constant(w), weight);
  if (is_gemm && attribute_or<int64_t>(node_, "transB", 0) != 0)
    integers = swap_last_axes(integers);
  Tensor scale = scaled(scale_tensor(weight), attribute_or<float>(node_, "alpha", 1));
  if (is_conv) scale = along_channels(scale, rank);

  ValueId x = node_.inputs[0];
  if (is_gemm && attribute_or<int64_t>(node_, "transA", 0) != 0) x = transposed_input(x);
  const DynamicInput input = dynamic_input(graph_, x);
  std::vector<ValueId> operands = {input.integers, constant(w, "_quantized", integers),
                                   input.zero_point};
  if (const auto zero_point = weight_zero_point(weight))
    operands.push_back(constant(w, "_zero_point", *zero_point));
  const ValueId product =
      add(is_conv ? "ConvInteger" : "MatMulInteger", operands, "_integer",
          output_type(DType::kInt32), is_conv ? node_.attributes : std::vector<Attribute>{});
  const ValueId real =
      add("Cast", {product}, "_cast", output_type(DType::kFloat32), {{"to", int64_t{1}, {}}});
  const ValueId scales = add("Mul", {input.scale, constant(w, "_scale", scale)}, "_scales",
                             tensor_type(DType::kFloat32, scale.shape()));

  const ValueId output = node_.outputs[0];
  const std::string name = node_.name;
  const ValueId bias = this->bias(rank);
  graph_.remove_node(id_);
  if (bias == ValueId::kNone) {
    graph_.add_node(
        {.op_type = "Mul", .name = name, .inputs = {real, scales}, .outputs = {output}});
    return;
  }
  const ValueId product_of_reals =
      add("Mul", {real, scales}, "_scaled", output_type(DType::kFloat32));
  graph_.add_node(
      {.op_type = "Add", .name = name, .inputs = {product_of_reals, bias}, .outputs = {output}});
}

}  // namespace

DynamicInput dynamic_input(Graph& graph, ValueId x) {
  for (const NodeId consumer : graph.value(x).consumers) {
    const Node& node = graph.node(consumer);
    if (node.op_type == "DynamicQuantizeLinear" && node.domain.empty())
      return {node.outputs[0], node.outputs[1], node.outputs[2]};
  }
  const std::string base = graph.value(x).name;
  ValueType integers = graph.value(x).type;
  integers.dtype = DType::kUInt8;
  const DynamicInput result{
      graph.add_value(graph.unique_name(base + "_quantized"), integers),
      graph.add_value(graph.unique_name(base + "_scale"), tensor_type(DType::kFloat32, {})),
      graph.add_value(graph.unique_name(base + "_zero_point"), tensor_type(DType::kUInt8, {}))};
  graph.add_node({.op_type = "DynamicQuantizeLinear",
                  .name = base + "_DynamicQuantizeLinear",
                  .inputs = {x},
                  .outputs = {result.integers, result.scale, result.zero_point}});
  return result;
}

ValueId shared_constant(Graph& graph, const std::string& name, Tensor tensor) {
  const ValueId existing = graph.find(name);
  if (graph.constant(existing) != nullptr && *graph.constant(existing) == tensor) return existing;
  return graph.add_constant(graph.unique_name(name), Constant(std::move(tensor)));
}

void apply_dynamic(Graph& graph, NodeId id, const QuantParams& weight) {
  DynamicEmitter(graph, id).run(weight);
}

}  // namespace qtool
