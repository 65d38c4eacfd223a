#include <onnx/shape_inference/implementation.h>

#include "onnx_io/check_nodes.h"
#include "onnx_io/contrib_schemas.h"
#include "onnx_io/library_call.h"
#include "onnx_io/model_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/value_info.h"

namespace qtool {
namespace {

// Names that inference makes up for dimensions it knows nothing of.
bool is_made_up(std::string_view dim_name) { return dim_name.starts_with("unk__"); }

void fill_dim(Dim& dim, const Dim& inferred) {
  if (dim.known()) return;
  if (inferred.known())
    dim = inferred;
  else if (dim.name.empty() && !is_made_up(inferred.name))
    dim.name = inferred.name;
}

void fill_type(ValueType& type, const ValueType& inferred) {
  if (type.dtype == DType::kUndefined) type.dtype = inferred.dtype;
  if (!inferred.shape) return;
  if (!type.shape) type.shape.emplace(inferred.shape->size());
  if (type.shape->size() != inferred.shape->size()) return;
  for (std::size_t i = 0; i < type.shape->size(); ++i)
    fill_dim((*type.shape)[i], (*inferred.shape)[i]);
}

void fill_graph(Graph& graph, const onnx::GraphProto& proto);

// `proto` was written from `node`: attributes stand in the same order.
void fill_subgraphs(Node& node, const onnx::NodeProto& proto) {
  for (std::size_t i = 0; i < node.attributes.size(); ++i) {
    auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&node.attributes[i].value);
    if (subgraph == nullptr) continue;
    Graph filled = **subgraph;
    fill_graph(filled, proto.attribute(static_cast<int>(i)).g());
    *subgraph = std::make_shared<const Graph>(std::move(filled));
  }
}

// `proto` was written from `graph`: nodes stand in the order of Graph::nodes().
void fill_graph(Graph& graph, const onnx::GraphProto& proto) {
  for (const auto* infos : {&proto.input(), &proto.output(), &proto.value_info()})
    for (const auto& info : *infos) {
      const ValueId id = graph.find(info.name());
      if (id != ValueId::kNone && graph.constant(id) == nullptr)
        fill_type(graph.mutable_value(id).type, read_type(info.type()));
    }
  int index = 0;
  for (const NodeId id : graph.nodes()) fill_subgraphs(graph.mutable_node(id), proto.node(index++));
}

}  // namespace

void infer_types(Model& model) {
  onnx::ModelProto proto = export_model_proto(model, Detail::kSkeleton);
  check_nodes(proto);
  onnx::shape_inference::DataValueMap computed;
  const onnx::ShapeInferenceOptions options(/*check_type=*/false, /*strict_mode=*/1,
                                            /*data_prop=*/true);
  library_call("type inference", [&] {
    onnx::shape_inference::InferShapes(proto, &schemas_with_contrib(), options, &computed);
  });
  fill_graph(model.graph, proto.graph());
}

}  // namespace qtool
