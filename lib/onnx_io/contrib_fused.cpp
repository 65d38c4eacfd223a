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

constexpr ContribRule kRules[] = {
    {"LayerNormalization", infer_layer_norm, ""},
    {"SimplifiedLayerNormalization", infer_simplified_layer_norm, ""},
    {"SkipLayerNormalization", infer_skip_layer_norm},
    {"SkipSimplifiedLayerNormalization", infer_skip_layer_norm},
};

}  // namespace

std::span<const ContribRule> contrib_fused() { return kRules; }

}  // namespace qtool
