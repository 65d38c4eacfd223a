#pragma once

#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

#include <span>

namespace qtool {

/// Type and shape inference of one operator of domain com.microsoft. Inputs and outputs are those
/// of onnxruntime's docs/ContribOperators.md. In another domain the rule stands in for ONNX's own.
struct ContribRule {
  const char* op_type;
  void (*infer)(onnx::InferenceContext&);
  const char* domain = "com.microsoft";
};

/// Operators on quantized tensors.
std::span<const ContribRule> contrib_quantized();
/// Float operators that exporters' optimizers fuse.
std::span<const ContribRule> contrib_fused();

/// ONNX's operator schemas and, beside them, the operators above. What it finds is guarded as
/// inference_guards.h says, for the library itself too.
const onnx::ISchemaRegistry& schemas_with_contrib();

/// Guards the operators of the model's nodes: the library's inliner, checker and converter infer types
/// by its own registry.
void guard_inference(const onnx::ModelProto& model);

}  // namespace qtool
