#include "onnx_io/contrib_schemas.h"

#include <map>
#include <mutex>

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
};

bool is_safe(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  if (!knows_required_inputs(schema, context)) return false;
  for (const Precondition& precondition : kPreconditions)
    if (schema.Name() == precondition.op_type) return precondition.is_safe(context);
  return true;
}

onnx::OpSchema guarded(const onnx::OpSchema& schema) {
  onnx::OpSchema copy = schema;
  // The library infers through the function's body, and fails there if `axes` is left out.
  if (schema.Name() == "MeanVarianceNormalization")
    copy.TypeAndShapeInferenceFunction(onnx::propagateShapeAndTypeFromFirstInput);
  if (schema.has_type_and_shape_inference_function())
    copy.TypeAndShapeInferenceFunction([&schema](onnx::InferenceContext& context) {
      if (is_safe(schema, context)) schema.GetTypeAndShapeInferenceFunction()(context);
    });
  return copy;
}

class SchemasWithContrib : public onnx::ISchemaRegistry {
 public:
  SchemasWithContrib() {
    for (const auto rules : {contrib_quantized(), contrib_fused()})
      for (const ContribRule& rule : rules)
        contrib_[{rule.domain, rule.op_type}]
            .SetName(rule.op_type)
            .SetDomain(rule.domain)
            .SinceVersion(1)
            .TypeAndShapeInferenceFunction(rule.infer);
  }

  const onnx::OpSchema* GetSchema(const std::string& op_type, int version,
                                  const std::string& domain) const override {
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Instance()->GetSchema(op_type, version, domain);
    if (schema == nullptr) {
      const auto it = contrib_.find({domain == "ai.onnx" ? "" : domain, op_type});
      return it == contrib_.end() ? nullptr : &it->second;
    }
    const std::lock_guard lock(mutex_);
    const auto known = guarded_.find(schema);
    return known != guarded_.end() ? &known->second
                                   : &guarded_.emplace(schema, guarded(*schema)).first->second;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::map<const onnx::OpSchema*, onnx::OpSchema> guarded_;
  std::map<std::pair<std::string, std::string>, onnx::OpSchema> contrib_;  // by domain and name
};

}  // namespace

const onnx::ISchemaRegistry& schemas_with_contrib() {
  static const SchemasWithContrib kSchemas;
  return kSchemas;
}

}  // namespace qtool
