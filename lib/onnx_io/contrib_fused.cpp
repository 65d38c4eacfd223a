#include <onnx/defs/math/utils.h>

#include "onnx_io/contrib_schemas.h"

namespace qtool {
namespace {

using onnx::InferenceContext;
using onnx::TensorShapeProto;

int64_t int_attribute(const InferenceContext& context, const char* name, int64_t fallback) {
  const onnx::AttributeProto* attribute = context.getAttribute(name);
  return attribute == nullptr ? fallback : attribute->i();
}

// Output of the type and shape of input 0, if the node has it.
void like_input(InferenceContext& context, std::size_t output) {
  if (output >= context.getNumOutputs()) return;
  onnx::propagateElemTypeFromInputToOutput(context, 0, output);
  if (onnx::hasInputShape(context, 0)) onnx::propagateShapeFromInputToOutput(context, 0, output);
}

// The first output is as the first input; nothing is said of others.
void infer_unary(InferenceContext& context) { like_input(context, 0); }

// Outputs of one float for each row that begins at `axis`, if the node has them.
void infer_statistics(InferenceContext& context, std::initializer_list<std::size_t> outputs) {
  for (const std::size_t output : outputs) {
    if (output >= context.getNumOutputs()) continue;
    onnx::updateOutputElemType(context, output, onnx::TensorProto::FLOAT);
    if (!onnx::hasInputShape(context, 0)) continue;
    TensorShapeProto shape = onnx::getInputShape(context, 0);
    const int64_t axis = int_attribute(context, "axis", -1);
    for (int64_t i = axis < 0 ? axis + shape.dim_size() : axis; i < shape.dim_size(); ++i)
      if (i >= 0) shape.mutable_dim(static_cast<int>(i))->set_dim_value(1);
    *context.getOutputType(output)->mutable_tensor_type()->mutable_shape() = shape;
  }
}

// (X, scale) → Y of the scale's type, inverse deviation
void infer_simplified_layer_norm(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 1, 0);
  if (onnx::hasInputShape(context, 0)) onnx::propagateShapeFromInputToOutput(context, 0, 0);
  infer_statistics(context, {1});
}

// (X, scale, bias) → Y, mean, inverse deviation; also where the opset is older than the operator,
// as some exporters write it
void infer_layer_norm(InferenceContext& context) {
  like_input(context, 0);
  infer_statistics(context, {1, 2});
}

// (input, skip, gamma, …) → Y, mean, inverse deviation, sum of input, skip and bias
void infer_skip_layer_norm(InferenceContext& context) {
  infer_layer_norm(context);
  like_input(context, 3);
}

// Gives the output a shape.
void set_shape(InferenceContext& context, std::size_t output,
               std::initializer_list<TensorShapeProto::Dimension> dims) {
  TensorShapeProto& shape = *context.getOutputType(output)->mutable_tensor_type()->mutable_shape();
  shape.clear_dim();
  for (const auto& dim : dims) *shape.add_dim() = dim;
}

// The input's shape if it is known and has that rank, else null.
const TensorShapeProto* shape_of(const InferenceContext& context, std::size_t input, int rank) {
  if (!onnx::hasInputShape(context, input)) return nullptr;
  const TensorShapeProto& shape = onnx::getInputShape(context, input);
  return shape.dim_size() == rank ? &shape : nullptr;
}

// (X, W, B, Z) → Y
void infer_conv(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  onnx::convPoolShapeInference(context, /*use_dilation=*/true, /*require_kernel_shape=*/false, 0,
                               1);
}

// (A, B, C) → Y
void infer_gemm(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  const TensorShapeProto* a = shape_of(context, 0, 2);
  const TensorShapeProto* b = shape_of(context, 1, 2);
  if (a == nullptr || b == nullptr) return;
  set_shape(context, 0,
            {a->dim(int_attribute(context, "transA", 0) != 0 ? 1 : 0),
             b->dim(int_attribute(context, "transB", 0) != 0 ? 0 : 1)});
}

// (A, B) → Y; the shape is left open where an operand is transposed
void infer_matmul(InferenceContext& context) {
  onnx::propagateElemTypeFromInputToOutput(context, 0, 0);
  for (const char* name : {"transA", "transB", "transBatchA", "transBatchB"})
    if (int_attribute(context, name, 0) != 0) return;
  onnx::defs::math::utils::MatMulShapeInference(context, 0, 1);
}

// (ids, segments, word table, …) → Y, mask counts, sum of embeddings
void infer_embed(InferenceContext& context) {
  const TensorShapeProto* ids = shape_of(context, 0, 2);
  const TensorShapeProto* table = shape_of(context, 2, 2);
  for (std::size_t i = 0; i < context.getNumOutputs(); ++i) {
    if (i == 1)
      onnx::updateOutputElemType(context, 1, onnx::TensorProto::INT32);
    else
      onnx::propagateElemTypeFromInputToOutput(context, 2, i);
    if (ids == nullptr || table == nullptr) continue;
    if (i == 1)
      set_shape(context, 1, {ids->dim(0)});
    else
      set_shape(context, i, {ids->dim(0), ids->dim(1), table->dim(1)});
  }
}

// All outputs are of input 0's type.
void infer_types_only(InferenceContext& context) {
  for (std::size_t i = 0; i < context.getNumOutputs(); ++i)
    onnx::propagateElemTypeFromInputToOutput(context, 0, i);
}

// (query, key, value, …) → Y [batch, length, columns of the value], presents
void infer_attention(InferenceContext& context) {
  infer_types_only(context);
  const TensorShapeProto* query = shape_of(context, 0, 3);
  const TensorShapeProto* value = shape_of(context, 2, 3);
  if (query != nullptr && value != nullptr)
    set_shape(context, 0, {query->dim(0), query->dim(1), value->dim(2)});
}

// (query, key, …) → Y like the query, presents; the shape is left open where all is packed in the
// query
void infer_group_query_attention(InferenceContext& context) {
  infer_types_only(context);
  if (context.hasInput(1) && onnx::hasInputShape(context, 0))
    onnx::propagateShapeFromInputToOutput(context, 0, 0);
}

constexpr ContribRule kRules[] = {
    {"LayerNormalization", infer_layer_norm, ""},
    {"SimplifiedLayerNormalization", infer_simplified_layer_norm, ""},
    {"SkipLayerNormalization", infer_skip_layer_norm},
    {"SkipSimplifiedLayerNormalization", infer_skip_layer_norm},
    {"EmbedLayerNormalization", infer_embed},
    {"Gelu", infer_unary},
    {"BiasGelu", infer_unary},
    {"FastGelu", infer_unary},
    {"QuickGelu", infer_unary},
    {"FusedConv", infer_conv},
    {"FusedGemm", infer_gemm},
    {"FusedMatMul", infer_matmul},
    {"TransposeMatMul", infer_matmul},
    {"RotaryEmbedding", infer_unary},
    {"Attention", infer_types_only},
    {"MultiHeadAttention", infer_attention},
    {"GroupQueryAttention", infer_group_query_attention},
};

}  // namespace

std::span<const ContribRule> contrib_fused() { return kRules; }

}  // namespace qtool
