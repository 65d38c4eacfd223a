#include "onnx_io/contrib_schemas.h"

#include <map>
#include <mutex>

namespace qtool {
namespace {

constexpr const char* kDomain = "com.microsoft";

// Most of ONNX's rules take it for granted that the types of required inputs are known.
bool knows_required_inputs(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  const auto& inputs = schema.inputs();
  for (std::size_t i = 0; i < inputs.size() && i < context.getNumInputs(); ++i)
    if (inputs[i].GetOption() == onnx::OpSchema::Single && context.getInputType(i) == nullptr)
      return false;
  return context.getNumInputs() >= static_cast<std::size_t>(schema.min_input());
}

onnx::OpSchema guarded(const onnx::OpSchema& schema) {
  onnx::OpSchema copy = schema;
  if (schema.has_type_and_shape_inference_function())
    copy.TypeAndShapeInferenceFunction([&schema](onnx::InferenceContext& context) {
      if (knows_required_inputs(schema, context))
        schema.GetTypeAndShapeInferenceFunction()(context);
    });
  return copy;
}

class SchemasWithContrib : public onnx::ISchemaRegistry {
 public:
  SchemasWithContrib() {
    for (const auto rules : {contrib_quantized(), contrib_fused()})
      for (const ContribRule& rule : rules)
        contrib_[rule.op_type]
            .SetName(rule.op_type)
            .SetDomain(kDomain)
            .SinceVersion(1)
            .TypeAndShapeInferenceFunction(rule.infer);
  }

  const onnx::OpSchema* GetSchema(const std::string& op_type, int version,
                                  const std::string& domain) const override {
    const auto it = domain == kDomain ? contrib_.find(op_type) : contrib_.end();
    if (it != contrib_.end()) return &it->second;
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Instance()->GetSchema(op_type, version, domain);
    if (schema == nullptr) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto known = guarded_.find(schema);
    return known != guarded_.end() ? &known->second
                                   : &guarded_.emplace(schema, guarded(*schema)).first->second;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::map<const onnx::OpSchema*, onnx::OpSchema> guarded_;
  std::map<std::string, onnx::OpSchema> contrib_;
};

}  // namespace

const onnx::ISchemaRegistry& schemas_with_contrib() {
  static const SchemasWithContrib kSchemas;
  return kSchemas;
}

}  // namespace qtool
