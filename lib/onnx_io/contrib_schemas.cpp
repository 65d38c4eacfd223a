#include "onnx_io/contrib_schemas.h"

#include <map>

namespace qtool {
namespace {

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
    const auto it = contrib_.find({domain == "ai.onnx" ? "" : domain, op_type});
    if (it != contrib_.end()) return &it->second;
    return onnx::OpSchemaRegistry::Instance()->GetSchema(op_type, version, domain);
  }

 private:
  std::map<std::pair<std::string, std::string>, onnx::OpSchema> contrib_;  // by domain and name
};

}  // namespace

const onnx::ISchemaRegistry& schemas_with_contrib() {
  static const SchemasWithContrib kSchemas;
  return kSchemas;
}

}  // namespace qtool
