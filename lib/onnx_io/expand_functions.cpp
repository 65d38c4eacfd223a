#include <onnx/inliner/inliner.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <unordered_map>

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

bool has_attribute(const onnx::NodeProto& node, const std::string& name) {
  return std::any_of(node.attribute().begin(), node.attribute().end(),
                     [&](const onnx::AttributeProto& a) { return a.name() == name; });
}

// Gives nodes that are to go the attributes that they left at their defaults: a body that refers to
// an attribute needs its value. In subgraphs too.
void state_defaults(onnx::GraphProto& graph, const IsKept& is_kept,
                    const std::unordered_map<std::string, int>& opsets) {
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute())
      if (attribute.has_g()) state_defaults(*attribute.mutable_g(), is_kept, opsets);
    const auto opset = opsets.find(node.domain());
    if (is_kept(node.domain(), node.op_type()) || opset == opsets.end()) continue;
    const onnx::OpSchema* schema =
        schemas_with_contrib().GetSchema(node.op_type(), opset->second, node.domain());
    if (schema == nullptr) continue;
    for (const auto& [name, attribute] : schema->attributes())
      if (!attribute.default_value.name().empty() && !has_attribute(node, name))
        *node.add_attribute() = attribute.default_value;
  }
}

void state_defaults(onnx::ModelProto& proto, const IsKept& is_kept) {
  std::unordered_map<std::string, int> opsets;
  for (const onnx::OperatorSetIdProto& opset : proto.opset_import())
    opsets[opset.domain()] = static_cast<int>(opset.version());
  state_defaults(*proto.mutable_graph(), is_kept, opsets);
}

// Some bodies depend on the types of the inputs, so that each round must know the ones before.
void expand_known_functions(onnx::ModelProto& proto, const IsKept& is_kept) {
  const onnx::ShapeInferenceOptions options(/*check_type=*/false, /*strict_mode=*/0,
                                            /*data_prop=*/true);
  state_defaults(proto, is_kept);
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
  guard_inference(proto);
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
