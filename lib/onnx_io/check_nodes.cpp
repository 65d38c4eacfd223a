#include "onnx_io/check_nodes.h"

#include <onnx/defs/schema.h>

#include <map>

#include "onnx_io/library_call.h"

namespace qtool {
namespace {

using Versions = std::map<std::string, int>;

void check_graph(const onnx::GraphProto& graph, const Versions& versions) {
  for (const onnx::NodeProto& node : graph.node()) {
    const auto version = versions.find(node.domain() == "ai.onnx" ? "" : node.domain());
    const onnx::OpSchema* schema =
        version == versions.end()
            ? nullptr
            : onnx::OpSchemaRegistry::Schema(node.op_type(), version->second, version->first);
    if (schema != nullptr && !schema->deprecated())
      library_call("node '" + node.name() + "'", [&] { schema->Verify(node); });
    for (const onnx::AttributeProto& attribute : node.attribute())
      if (attribute.has_g()) check_graph(attribute.g(), versions);
  }
}

}  // namespace

void check_nodes(const onnx::ModelProto& model) {
  Versions versions;
  for (const auto& opset : model.opset_import())
    versions[opset.domain() == "ai.onnx" ? "" : opset.domain()] = static_cast<int>(opset.version());
  check_graph(model.graph(), versions);
}

}  // namespace qtool
