#include <onnx/defs/math/utils.h>

#include "onnx_io/contrib_schemas.h"

namespace qtool {
namespace {

using onnx::InferenceContext;
using onnx::TensorShapeProto;

int64_t int_attribute(const InferenceContext& context, const char* name) {
  const onnx::AttributeProto* attribute = context.getAttribute(name);
  return attribute == nullptr ? 0 : attribute->i();
}

TensorShapeProto& output_shape(InferenceContext& context) {
  return *context.getOutputType(0)->mutable_tensor_type()->mutable_shape();
}

// (A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point) → C
void infer_binary(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  if (onnx::hasInputShape(context, 0) && onnx::hasInputShape(context, 3))
    onnx::bidirectionalBroadcastShapeInference(
        onnx::getInputShape(context, 0), onnx::getInputShape(context, 3), output_shape(context));
}

// (X, X_scale, X_zero_point, Y_scale, Y_zero_point) → Y of the same shape
void infer_unary(InferenceContext& context) { onnx::propagateShapeAndTypeFromFirstInput(context); }

// The same inputs; the shape of a channels-last tensor is left open.
void infer_average_pool(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  if (int_attribute(context, "channels_last") == 0)
    onnx::convPoolShapeInference(context, /*use_dilation=*/false, /*require_kernel_shape=*/true, 0,
                                 1);
}

void infer_global_average_pool(InferenceContext& context) {
  if (int_attribute(context, "channels_last") == 0)
    onnx::globalPoolTypeShapeInference(context);
  else
    onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
}

// Adds the extent of one more input along the axis; not known if one of them is not.
void add_extent(TensorShapeProto::Dimension& sum, const TensorShapeProto::Dimension& dim) {
  if (sum.has_dim_value() && dim.has_dim_value())
    sum.set_dim_value(sum.dim_value() + dim.dim_value());
  else
    sum.clear_value();
}

// (Y_scale, Y_zero_point, then tensor, scale, zero point of every input) → Y
void infer_concat(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 1, 0);
  for (std::size_t i = 2; i < context.getNumInputs(); i += 3)
    if (!onnx::hasInputShape(context, i)) return;
  if (context.getNumInputs() < 3) return;
  TensorShapeProto shape = onnx::getInputShape(context, 2);
  const int64_t given = int_attribute(context, "axis");
  const int axis = static_cast<int>(given < 0 ? given + shape.dim_size() : given);
  if (axis < 0 || axis >= shape.dim_size()) fail_shape_inference("axis is out of range");
  for (std::size_t i = 5; i < context.getNumInputs(); i += 3) {
    const TensorShapeProto& other = onnx::getInputShape(context, i);
    if (other.dim_size() != shape.dim_size()) fail_shape_inference("inputs differ in rank");
    for (int d = 0; d < shape.dim_size(); ++d) {
      if (d == axis)
        add_extent(*shape.mutable_dim(d), other.dim(d));
      else
        onnx::mergeInDimensionInfo(other.dim(d), *shape.mutable_dim(d), d);
    }
  }
  output_shape(context) = shape;
}

// (A, a_scale, a_zero_point, B, b_scale, b_zero_point, C, y_scale, y_zero_point) → Y, float without
// y_zero_point
void infer_gemm(InferenceContext& context) {
  if (context.hasInput(8))
    onnx::propagateElemTypeFromInputToOutput(context, 8, 0);
  else
    onnx::updateOutputElemType(context, 0, onnx::TensorProto::FLOAT);
  if (!onnx::hasInputShape(context, 0) || !onnx::hasInputShape(context, 3)) return;
  const TensorShapeProto& a = onnx::getInputShape(context, 0);
  const TensorShapeProto& b = onnx::getInputShape(context, 3);
  if (a.dim_size() != 2 || b.dim_size() != 2) fail_shape_inference("A and B must be matrices");
  TensorShapeProto shape;
  *shape.add_dim() = a.dim(int_attribute(context, "transA") != 0 ? 1 : 0);
  *shape.add_dim() = b.dim(int_attribute(context, "transB") != 0 ? 0 : 1);
  output_shape(context) = shape;
}

// (A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias) → Y, float
void infer_matmul_to_float(InferenceContext& context) {
  onnx::updateOutputElemType(context, 0, onnx::TensorProto::FLOAT);
  onnx::defs::math::utils::MatMulShapeInference(context, 0, 1);
}

// (x, y_scale, y_zero_point) → y of the zero point's type, uint8 without one
void infer_quantize(InferenceContext& context) {
  if (context.hasInput(2))
    onnx::propagateElemTypeFromInputToOutput(context, 2, 0);
  else
    onnx::updateOutputElemType(context, 0, onnx::TensorProto::UINT8);
  if (onnx::hasInputShape(context, 0)) onnx::propagateShapeFromInputToOutput(context, 0, 0);
}

// (x, x_scale, x_zero_point) → y of the scale's type
void infer_dequantize(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 1, 0);
  if (onnx::hasInputShape(context, 0)) onnx::propagateShapeFromInputToOutput(context, 0, 0);
}

constexpr ContribRule kRules[] = {
    {"QLinearAdd", infer_binary},
    {"QLinearMul", infer_binary},
    {"QLinearLeakyRelu", infer_unary},
    {"QLinearSigmoid", infer_unary},
    {"QLinearSoftmax", infer_unary},
    {"QLinearAveragePool", infer_average_pool},
    {"QLinearGlobalAveragePool", infer_global_average_pool},
    {"QLinearConcat", infer_concat},
    {"QGemm", infer_gemm},
    {"MatMulIntegerToFloat", infer_matmul_to_float},
    {"QuantizeLinear", infer_quantize},
    {"DequantizeLinear", infer_dequantize},
};

}  // namespace

std::span<const ContribRule> contrib_quantized() { return kRules; }

}  // namespace qtool
