#include <onnx/inliner/inliner.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <map>

#include "onnx_io/check_nodes.h"
#include "onnx_io/contrib_schemas.h"
#include "onnx_io/library_call.h"
#include "onnx_io/model_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/restore_graph.h"

namespace qtool {
namespace {

// The operators that are to go.
class Others : public onnx::inliner::FunctionIdSet {
 public:
  explicit Others(const IsKept& is_kept) : is_kept_(is_kept) {}
  bool Contains(const std::string& domain, const std::string& op_type) const override {
    return !is_kept_(domain, op_type);
  }

 private:
  const IsKept& is_kept_;
};

bool has_others(const Graph& graph, const IsKept& is_kept) {
  const std::vector<NodeId> nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    return !is_kept(graph.node(id).domain, graph.node(id).op_type);
  });
}

// Bodies refer to attributes of the node, and the inliner does not know their defaults.
void write_defaults(onnx::ModelProto& proto, const IsKept& is_kept) {
  std::map<std::string, int> versions;
  for (const auto& opset : proto.opset_import())
    versions[opset.domain()] = static_cast<int>(opset.version());
  for (onnx::NodeProto& node : *proto.mutable_graph()->mutable_node()) {
    if (is_kept(node.domain(), node.op_type())) continue;
    const onnx::OpSchema* schema =
        schemas_with_contrib().GetSchema(node.op_type(), versions[node.domain()], node.domain());
    if (schema == nullptr) continue;
    for (const auto& [name, attribute] : schema->attributes()) {
      const auto same = [&name = name](const auto& a) { return a.name() == name; };
      if (attribute.default_value.has_type() &&
          std::none_of(node.attribute().begin(), node.attribute().end(), same))
        *node.add_attribute() = attribute.default_value;
    }
  }
}

// Some bodies depend on the types of the inputs, so that each round must know the ones before.
void expand_known_functions(onnx::ModelProto& proto, const IsKept& is_kept) {
  write_defaults(proto, is_kept);
  const onnx::ShapeInferenceOptions options(/*check_type=*/false, /*strict_mode=*/0,
                                            /*data_prop=*/true);
  onnx::shape_inference::DataValueMap computed;
  onnx::shape_inference::InferShapes(proto, &schemas_with_contrib(), options, &computed);
  onnx::inliner::InlineSelectedFunctions(proto, Others(is_kept), &schemas_with_contrib());
}

}  // namespace

bool has_local_functions(const Model& model) {
  return from_opaque<onnx::ModelProto>(model.extra).functions_size() > 0;
}

void expand_functions(Model& model, const IsKept& is_kept) {
  const bool local = has_local_functions(model);
  if (!local && !has_others(model.graph, is_kept)) return;
  onnx::ModelProto proto = export_model_proto(model, Detail::kSkeleton);
  check_nodes(proto);
  library_call("expanding functions", [&] {
    if (local) onnx::inliner::InlineLocalFunctions(proto, /*convert_version=*/true);
    expand_known_functions(proto, is_kept);
  });
  ExternalData none{{}};
  Model expanded = import_model_proto(std::move(proto), none);
  restore_graph(expanded.graph, model.graph);
  infer_types(expanded);
  model = std::move(expanded);
}

}  // namespace qtool
