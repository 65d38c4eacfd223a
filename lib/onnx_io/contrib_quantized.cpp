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

// (A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias) → Y of the scales' type
void infer_matmul_to_float(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 2, 0);
  onnx::defs::math::utils::MatMulShapeInference(context, 0, 1);
}

// (A, B, b_scale, b_zero_point, bias) → Y of A's type
void infer_dynamic_matmul(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  onnx::defs::math::utils::MatMulShapeInference(context, 0, 1);
}

// (A, B, scales, zero_points, g_idx, bias) → Y, A's shape with N columns
void infer_matmul_nbits(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  if (!onnx::hasInputShape(context, 0)) return;
  TensorShapeProto shape = onnx::getInputShape(context, 0);
  if (shape.dim_size() == 0) fail_shape_inference("A must not be a scalar");
  shape.mutable_dim(shape.dim_size() - 1)->set_dim_value(int_attribute(context, "N"));
  output_shape(context) = shape;
}

// (condition, X, x_scale, x_zero_point, Y, y_scale, y_zero_point, z_scale, z_zero_point) → Z
void infer_where(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 1, 0);
  std::vector<const TensorShapeProto*> shapes;
  for (const std::size_t i : {0, 1, 4}) {
    if (!onnx::hasInputShape(context, i)) return;
    shapes.push_back(&onnx::getInputShape(context, i));
  }
  onnx::multidirectionalBroadcastShapeInference(shapes, output_shape(context));
}

// (data, data_scale, data_zero_point, reduced_scale, reduced_zero_point) → reduced
void infer_type(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
}

// (data, indices, scales, zero_points) → output of the scales' type; the data's last axis is left
// open where several elements share a byte
void infer_gather(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 2, 0);
  if (!onnx::hasInputShape(context, 0) || !onnx::hasInputShape(context, 1)) return;
  const TensorShapeProto& data = onnx::getInputShape(context, 0);
  const int64_t given = int_attribute(context, "gather_axis");
  const int64_t axis = given < 0 ? given + data.dim_size() : given;
  if (axis < 0 || axis >= data.dim_size()) fail_shape_inference("gather_axis is out of range");
  TensorShapeProto shape;
  for (int d = 0; d < data.dim_size(); ++d) {
    if (d == axis)
      shape.MergeFrom(onnx::getInputShape(context, 1));
    else
      *shape.add_dim() = data.dim(d);
  }
  const bool packed =
      context.getInputType(0)->tensor_type().elem_type() == onnx::TensorProto::UINT8;
  if (packed && shape.dim_size() > 0) shape.mutable_dim(shape.dim_size() - 1)->clear_value();
  output_shape(context) = shape;
}

// LSTM's inputs with W and R as [directions, k, 4 · hidden] → Y, Y_h, Y_c
void infer_lstm(InferenceContext& context) {
  for (std::size_t i = 0; i < context.getNumOutputs(); ++i)
    onnx::propagateElemTypeFromInputToOutput(context, 0, i);
  if (!onnx::hasInputShape(context, 0) || !onnx::hasInputShape(context, 2)) return;
  const TensorShapeProto& x = onnx::getInputShape(context, 0);
  const TensorShapeProto& r = onnx::getInputShape(context, 2);
  if (x.dim_size() != 3 || r.dim_size() != 3) fail_shape_inference("X and R must have rank 3");
  for (std::size_t i = 0; i < context.getNumOutputs(); ++i) {
    TensorShapeProto shape;
    if (i == 0) *shape.add_dim() = x.dim(0);
    *shape.add_dim() = r.dim(0);
    *shape.add_dim() = x.dim(1);
    *shape.add_dim() = r.dim(1);
    *context.getOutputType(i)->mutable_tensor_type()->mutable_shape() = shape;
  }
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

// (input, weight, bias, input_scale, …) → output of input_scale's type, present
void infer_attention(InferenceContext& context) {
  for (std::size_t i = 0; i < context.getNumOutputs(); ++i)
    onnx::propagateElemTypeFromInputToOutput(context, 3, i);
}

// EmbedLayerNormalization's inputs, then scales, then zero points → layernorm_out of the scales'
// type, mask_index_out
void infer_embed(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 8, 0);
  if (context.getNumOutputs() > 1) onnx::propagateElemTypeFromInputToOutput(context, 0, 1);
  if (!onnx::hasInputShape(context, 0) || !onnx::hasInputShape(context, 2)) return;
  TensorShapeProto shape = onnx::getInputShape(context, 0);
  const TensorShapeProto& table = onnx::getInputShape(context, 2);
  if (shape.dim_size() != 2 || table.dim_size() != 2)
    fail_shape_inference("ids and table must have rank 2");
  *shape.add_dim() = table.dim(1);
  output_shape(context) = shape;
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
    {"DynamicQuantizeMatMul", infer_dynamic_matmul},
    {"MatMulNBits", infer_matmul_nbits},
    {"QLinearWhere", infer_where},
    {"QLinearReduceMean", infer_type},
    {"GatherBlockQuantized", infer_gather},
    {"DynamicQuantizeLSTM", infer_lstm},
    {"QAttention", infer_attention},
    {"QEmbedLayerNormalization", infer_embed},
    {"QuantizeLinear", infer_quantize},
    {"DequantizeLinear", infer_dequantize},
};

}  // namespace

std::span<const ContribRule> contrib_quantized() { return kRules; }

}  // namespace qtool
