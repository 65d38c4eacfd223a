#include "quant/apply_dynamic.h"

#include <algorithm>
#include <optional>

namespace qtool {
namespace {

struct DynamicInput {
  ValueId integers;
  ValueId scale;
  ValueId zero_point;
};

// Adds nodes for one node, naming them and their values after it.
class DynamicEmitter {
 public:
  DynamicEmitter(Graph& graph, NodeId id) : graph_(graph), node_(graph.node(id)), id_(id) {}
  void run(const QuantParams& weight);

 private:
  ValueId add(std::string op_type, std::vector<ValueId> inputs, std::string_view suffix,
              ValueType type, std::vector<Attribute> attributes = {});
  ValueId constant(ValueId original, std::string_view suffix, Tensor tensor);
  DynamicInput dynamic_input(ValueId x);
  ValueId transposed_input(ValueId x);
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
  const std::string base = graph_.value(original).name + std::string(suffix);
  const ValueId existing = graph_.find(base);
  if (graph_.constant(existing) != nullptr && *graph_.constant(existing) == tensor) return existing;
  return graph_.add_constant(graph_.unique_name(base), Constant(std::move(tensor)));
}

// Readers of the same value share one DynamicQuantizeLinear.
DynamicInput DynamicEmitter::dynamic_input(ValueId x) {
  for (const NodeId consumer : graph_.value(x).consumers) {
    const Node& node = graph_.node(consumer);
    if (node.op_type == "DynamicQuantizeLinear" && node.domain.empty())
      return {node.outputs[0], node.outputs[1], node.outputs[2]};
  }
  const std::string base = graph_.value(x).name;
  ValueType integers = graph_.value(x).type;
  integers.dtype = DType::kUInt8;
  const DynamicInput result{
      graph_.add_value(graph_.unique_name(base + "_quantized"), integers),
      graph_.add_value(graph_.unique_name(base + "_scale"), tensor_type(DType::kFloat32, {})),
      graph_.add_value(graph_.unique_name(base + "_zero_point"), tensor_type(DType::kUInt8, {}))};
  graph_.add_node({.op_type = "DynamicQuantizeLinear",
                   .name = base + "_DynamicQuantizeLinear",
                   .inputs = {x},
                   .outputs = {result.integers, result.scale, result.zero_point}});
  return result;
}

ValueId DynamicEmitter::transposed_input(ValueId x) {
  ValueType type = graph_.value(x).type;
  if (type.shape) std::reverse(type.shape->begin(), type.shape->end());
  return add("Transpose", {x}, "_input_transposed", type,
             {{"perm", std::vector<int64_t>{1, 0}, {}}});
}

Tensor transposed(const Tensor& matrix) {
  const int64_t rows = matrix.dim(0), columns = matrix.dim(1);
  Tensor result(matrix.dtype(), {columns, rows});
  QTOOL_ASSERT(bits(matrix.dtype()) == 8);
  const auto* in = static_cast<const std::byte*>(matrix.raw());
  auto* out = static_cast<std::byte*>(result.mutable_raw());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) out[c * rows + r] = in[r * columns + c];
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

void DynamicEmitter::run(const QuantParams& weight) {
  const bool is_conv = node_.op_type == "Conv";
  const bool is_gemm = node_.op_type == "Gemm";
  const ValueId w = node_.inputs[1];
  const std::size_t rank = graph_.constant(w)->rank();

  Tensor integers = quantize(*graph_.constant(w), weight);
  if (is_gemm && attribute_or<int64_t>(node_, "transB", 0) != 0) integers = transposed(integers);
  Tensor scale = scale_tensor(weight);
  if (is_conv) scale = along_channels(scale, rank);

  ValueId x = node_.inputs[0];
  if (is_gemm && attribute_or<int64_t>(node_, "transA", 0) != 0) x = transposed_input(x);
  const DynamicInput input = dynamic_input(x);
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

  const bool has_bias = node_.inputs.size() > 2 && node_.inputs[2] != ValueId::kNone;
  const ValueId output = node_.outputs[0];
  const std::string name = node_.name;
  graph_.remove_node(id_);
  if (!has_bias) {
    graph_.add_node(
        {.op_type = "Mul", .name = name, .inputs = {real, scales}, .outputs = {output}});
    return;
  }
  ValueId bias = node_.inputs[2];
  if (is_conv) bias = constant(bias, "_channels", along_channels(*graph_.constant(bias), rank));
  const ValueId scaled = add("Mul", {real, scales}, "_scaled", output_type(DType::kFloat32));
  graph_.add_node({.op_type = "Add", .name = name, .inputs = {scaled, bias}, .outputs = {output}});
}

}  // namespace

void apply_dynamic(Graph& graph, NodeId id, const QuantParams& weight) {
  DynamicEmitter(graph, id).run(weight);
}

}  // namespace qtool
