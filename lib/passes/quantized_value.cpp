#include "passes/quantized_value.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool is_quantization_op(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && (node.domain.empty() || node.domain == "com.microsoft");
}

Tensor zeros(DType dtype, const Shape& shape) {
  Tensor tensor(dtype, shape);
  std::fill_n(static_cast<std::byte*>(tensor.mutable_raw()), tensor.bytes(), std::byte{0});
  return tensor;
}

Quantized params_of(const Graph& graph, const Node& node, ValueId integers) {
  const ValueId zero_point = input_of(node, 2);
  const ValueId typed = zero_point == ValueId::kNone ? integers : zero_point;
  return {.value = integers,
          .scale = input_of(node, 1),
          .zero_point = zero_point,
          .dtype = typed == ValueId::kNone ? DType::kUndefined : graph.value(typed).type.dtype,
          .axis = attribute_or<int64_t>(node, "axis", 1)};
}

bool is_zero(const Graph& graph, const Quantized& quantized) {
  if (quantized.zero_point == ValueId::kNone) return true;
  const Tensor* tensor = graph.constant(quantized.zero_point);
  return tensor != nullptr && *tensor == zeros(tensor->dtype(), tensor->shape());
}

}  // namespace

bool is_quantize(const Node& node) { return is_quantization_op(node, "QuantizeLinear"); }
bool is_dequantize(const Node& node) { return is_quantization_op(node, "DequantizeLinear"); }

bool is_small_integer(DType dtype) {
  constexpr std::array kTypes = {DType::kUInt2, DType::kInt2, DType::kUInt4,  DType::kInt4,
                                 DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16};
  return std::find(kTypes.begin(), kTypes.end(), dtype) != kTypes.end();
}

Quantized quantized_output(const Graph& graph, const Node& quantize) {
  Quantized result = params_of(graph, quantize, output_of(quantize, 0));
  const auto stated = static_cast<DType>(attribute_or<int64_t>(quantize, "output_dtype", 0));
  if (result.dtype == DType::kUndefined)
    result.dtype = stated == DType::kUndefined ? DType::kUInt8 : stated;
  return result;
}

Quantized quantized_input(const Graph& graph, const Node& dequantize) {
  return params_of(graph, dequantize, input_of(dequantize, 0));
}

int64_t constant_size(const Graph& graph, ValueId value) {
  const Tensor* tensor = graph.constant(value);
  return tensor == nullptr ? -1 : tensor->size();
}

bool same_constant(const Graph& graph, ValueId a, ValueId b) {
  if (a == b) return true;
  const Tensor* left = graph.constant(a);
  const Tensor* right = graph.constant(b);
  return left != nullptr && right != nullptr && *left == *right;
}

bool same_params(const Graph& graph, const Quantized& a, const Quantized& b) {
  const bool per_tensor = constant_size(graph, a.scale) == 1;
  return a.dtype == b.dtype && same_constant(graph, a.scale, b.scale) &&
         (per_tensor || a.axis == b.axis) &&
         (same_constant(graph, a.zero_point, b.zero_point) ||
          (is_zero(graph, a) && is_zero(graph, b)));
}

std::optional<QuantParams> constant_params(const Graph& graph, const Quantized& quantized) {
  const Tensor* scale = graph.constant(quantized.scale);
  const Tensor* zero_point = graph.constant(quantized.zero_point);
  if (!is_small_integer(quantized.dtype) || scale == nullptr || scale->size() != 1 ||
      scale->dtype() != DType::kFloat32 || !(*scale->data<float>() > 0))
    return std::nullopt;
  if (quantized.zero_point != ValueId::kNone &&
      (zero_point == nullptr || bits(quantized.dtype) < 8))
    return std::nullopt;
  const int64_t zero = zero_point == nullptr ? 0 : to_int64s(*zero_point).at(0);
  return QuantParams{.dtype = quantized.dtype,
                     .scale = {*scale->data<float>()},
                     .zero_point = {static_cast<int32_t>(zero)}};
}

ValueId written_zero_point(Graph& graph, const Quantized& quantized) {
  if (quantized.zero_point != ValueId::kNone) return quantized.zero_point;
  QTOOL_ASSERT(quantized.dtype != DType::kUndefined);
  const Tensor* scale = graph.constant(quantized.scale);
  Tensor zero = zeros(quantized.dtype, scale == nullptr ? Shape() : scale->shape());
  return graph.add_constant(graph.unique_name(graph.value(quantized.value).name + "_zero_point"),
                            Constant(std::move(zero)));
}

}  // namespace qtool
