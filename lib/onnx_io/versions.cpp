#include "onnx_io/versions.h"

#include <onnx/defs/schema.h>

#include <iterator>

#include "onnx_io/proto.h"

namespace qtool {
namespace {

// Before IR version 3 a model did not say which opset it uses.
constexpr int64_t kOldestIrVersion = 3;

void check_ir_version(int64_t version) {
  if (version < kOldestIrVersion)
    fail("IR version {} is too old, the oldest is {}; export the model again", version,
         kOldestIrVersion);
  if (version > onnx::IR_VERSION)
    fail("IR version {} is newer than {}, the newest known; export the model for an older ONNX",
         version, static_cast<int64_t>(onnx::IR_VERSION));
}

void check_opset(const Opset& opset) {
  const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  const auto it = known.find(opset.domain);
  if (it == known.end()) return;
  const std::string domain = opset.domain.empty() ? "ai.onnx" : opset.domain;
  if (opset.version < 1) fail("opset {} of domain '{}' does not exist", opset.version, domain);
  if (opset.version > it->second.second)
    fail("opset {} of domain '{}' is newer than {}, the newest known; export the model for that",
         opset.version, domain, it->second.second);
}

void check_domains(const Model& model, const Graph& graph) {
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (opset_version(model, node.domain) == 0)
      fail("{} is of domain '{}', which the model does not import", describe(graph, node),
           node.domain.empty() ? "ai.onnx" : node.domain);
    for (const Attribute& attribute : node.attributes)
      if (const auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute.value))
        check_domains(model, **subgraph);
  }
}

struct Release {
  int64_t opset;
  int64_t ir_version;
};
constexpr Release kFirstOfIrVersion[] = {{9, 4},   {10, 5},  {11, 6},  {12, 7},  {15, 8}, {19, 9},
                                         {21, 10}, {23, 11}, {24, 12}, {25, 13}, {28, 14}};

}  // namespace

void check_versions(const Model& model) {
  check_ir_version(model.ir_version);
  for (const Opset& opset : model.opsets) check_opset(opset);
  check_domains(model, model.graph);
}

int64_t ir_version_for(int64_t opset) {
  int64_t ir_version = kOldestIrVersion;
  for (const Release& release : kFirstOfIrVersion)
    if (opset >= release.opset) ir_version = release.ir_version;
  return ir_version;
}

}  // namespace qtool
