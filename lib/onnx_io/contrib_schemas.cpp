#include "onnx_io/contrib_schemas.h"

#include <map>

namespace qtool {
namespace {

constexpr const char* kDomain = "com.microsoft";

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
    return onnx::OpSchemaRegistry::Instance()->GetSchema(op_type, version, domain);
  }

 private:
  std::map<std::string, onnx::OpSchema> contrib_;
};

}  // namespace

const onnx::ISchemaRegistry& schemas_with_contrib() {
  static const SchemasWithContrib kSchemas;
  return kSchemas;
}

}  // namespace qtool
