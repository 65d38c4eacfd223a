#include "onnx_io/contrib_schemas.h"

#include <map>
#include <mutex>

#include "onnx_io/inference_guards.h"

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
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Instance()->GetSchema(op_type, version, domain);
    if (schema == nullptr) {
      const auto it = contrib_.find({domain == "ai.onnx" ? "" : domain, op_type});
      return it == contrib_.end() ? nullptr : &it->second;
    }
    const std::lock_guard lock(mutex_);
    const auto [original, is_new] = originals_.try_emplace(schema, *schema);
    // Where the library has it: checker, inliner and converter infer by those alone.
    if (is_new) guard_inference(const_cast<onnx::OpSchema&>(*schema), original->second);
    return schema;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::map<const onnx::OpSchema*, onnx::OpSchema> originals_;
  std::map<std::pair<std::string, std::string>, onnx::OpSchema> contrib_;  // by domain and name
};

using Versions = std::map<std::string, int>;

Versions versions_of(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& opsets) {
  Versions versions;
  for (const auto& opset : opsets) versions[opset.domain()] = static_cast<int>(opset.version());
  return versions;
}

void guard_nodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
                 const Versions& versions) {
  for (const onnx::NodeProto& node : nodes) {
    if (const auto version = versions.find(node.domain()); version != versions.end())
      schemas_with_contrib().GetSchema(node.op_type(), version->second, node.domain());
    for (const onnx::AttributeProto& attribute : node.attribute())
      guard_nodes(attribute.g().node(), versions);
  }
}

}  // namespace

void guard_inference(const onnx::ModelProto& model) {
  guard_nodes(model.graph().node(), versions_of(model.opset_import()));
  for (const onnx::FunctionProto& f : model.functions())
    guard_nodes(f.node(), versions_of(f.opset_import()));
}

const onnx::ISchemaRegistry& schemas_with_contrib() {
  static const SchemasWithContrib kSchemas;
  return kSchemas;
}

}  // namespace qtool
