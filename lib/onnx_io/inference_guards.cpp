#include "onnx_io/inference_guards.h"

namespace qtool {
namespace {

// Most of ONNX's rules take it for granted that the types of required inputs are known.
bool knows_required_inputs(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  const auto& inputs = schema.inputs();
  for (std::size_t i = 0; i < inputs.size() && i < context.getNumInputs(); ++i)
    if (inputs[i].GetOption() == onnx::OpSchema::Single && context.getInputType(i) == nullptr)
      return false;
  return context.getNumInputs() >= static_cast<std::size_t>(schema.min_input());
}

int64_t rank_of(const onnx::InferenceContext& context, std::size_t input) {
  return onnx::hasInputShape(context, input) ? onnx::getInputShape(context, input).dim_size() : 0;
}

// ONNX's rule reads dimensions up to batch_dims, whatever that is.
bool is_safe_gather_nd(const onnx::InferenceContext& context) {
  const onnx::AttributeProto* attribute = context.getAttribute("batch_dims");
  const int64_t batch_dims = attribute == nullptr ? 0 : attribute->i();
  return batch_dims >= 0 && batch_dims < std::min(rank_of(context, 0), rank_of(context, 1));
}

// A tensor that some rules take as a shape with as many dimensions as it has elements, which a file may
// say are 2^62.
constexpr int64_t kMostDims = 1024;

bool has_too_many_dims(const onnx::TypeProto* type) {
  if (type == nullptr || !type->tensor_type().has_shape()) return false;
  const onnx::TensorShapeProto& shape = type->tensor_type().shape();
  return shape.dim_size() == 1 && shape.dim(0).dim_value() > kMostDims;
}

bool is_safe_expand(const onnx::InferenceContext& context) {
  return !has_too_many_dims(context.getInputType(1));
}

// ONNX's rule writes to dimensions from `axis` on, cut to 32 bits.
bool is_safe_layer_normalization(const onnx::InferenceContext& context) {
  const onnx::AttributeProto* attribute = context.getAttribute("axis");
  const int64_t axis = attribute == nullptr ? -1 : attribute->i();
  const int64_t rank = rank_of(context, 0);
  return -rank <= axis && axis < rank;
}

// ONNX's rule does not end on some characters.
bool is_safe_einsum(const onnx::InferenceContext& context) {
  const onnx::AttributeProto* attribute = context.getAttribute("equation");
  return attribute != nullptr &&
         attribute->s().find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.-> ") == std::string::npos;
}

// Rules that crash on some nodes, and when they do not.
struct Precondition {
  const char* op_type;
  bool (*is_safe)(const onnx::InferenceContext&);
};
constexpr Precondition kPreconditions[] = {
    {"GatherND", is_safe_gather_nd},
    {"Einsum", is_safe_einsum},
    {"Expand", is_safe_expand},
    {"LayerNormalization", is_safe_layer_normalization},
};

bool is_safe(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  if (!knows_required_inputs(schema, context)) return false;
  for (const Precondition& precondition : kPreconditions)
    if (schema.Name() == precondition.op_type) return precondition.is_safe(context);
  return true;
}

bool is_safe(const onnx::DataPropagationContext& context) {
  for (std::size_t i = 0; i < context.getNumInputs(); ++i)
    if (has_too_many_dims(context.getInputType(i))) return false;
  return true;
}

// Bodies that are built by the types of inputs take it for granted that they are known.
bool knows_inputs(const onnx::OpSchema& schema, const onnx::FunctionBodyBuildContext& context) {
  for (int i = 0; i < static_cast<int>(schema.inputs().size()); ++i) {
    const bool required =
        schema.inputs()[static_cast<std::size_t>(i)].GetOption() == onnx::OpSchema::Single;
    if ((required || context.hasInput(i)) && context.getInputType(i) == nullptr) return false;
  }
  return true;
}

}  // namespace

void guard_inference(onnx::OpSchema& schema, const onnx::OpSchema& original) {
  for (const int version : original.context_dependent_function_opset_versions())
    schema.SetContextDependentFunctionBodyBuilder(
        [&original, version](const onnx::FunctionBodyBuildContext& context, const onnx::OpSchema&,
                             onnx::FunctionProto& function) {
          return knows_inputs(original, context) &&
                 original.BuildContextDependentFunction(context, function, version);
        },
        version);
  if (schema.has_data_propagation_function())
    schema.PartialDataPropagationFunction([&original](onnx::DataPropagationContext& context) {
      if (is_safe(context)) original.GetDataPropagationFunction()(context);
    });
  // The library infers through the function's body, and fails there if `axes` is left out.
  if (schema.Name() == "MeanVarianceNormalization")
    schema.TypeAndShapeInferenceFunction(onnx::propagateShapeAndTypeFromFirstInput);
  else if (schema.has_type_and_shape_inference_function())
    schema.TypeAndShapeInferenceFunction([&original](onnx::InferenceContext& context) {
      if (is_safe(original, context)) original.GetTypeAndShapeInferenceFunction()(context);
    });
}

}  // namespace qtool
