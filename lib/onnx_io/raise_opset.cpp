#include <onnx/version_converter/convert.h>

#include <algorithm>

#include "ir/verify.h"
#include "onnx_io/check_nodes.h"
#include "onnx_io/contrib_schemas.h"
#include "onnx_io/library_call.h"
#include "onnx_io/model_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/restore_graph.h"
#include "onnx_io/versions.h"

namespace qtool {
namespace {

// From IR version 4 on, an initializer that also is an input can be overridden by the caller, and
// onnxruntime no longer treats it as a constant. Before, every initializer had to be one.
void drop_constant_inputs(Graph& graph) {
  std::vector<ValueId> inputs = graph.inputs();
  std::erase_if(inputs, [&](ValueId id) { return graph.constant(id) != nullptr; });
  graph.set_graph_inputs(std::move(inputs));
}

// ONNX's converter takes PRelu as it is, though before opset 7 the entries of its slope went with
// axis 1 and not with the last one.
void check_prelu(const Graph& graph) {
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (full_op_type(node) != "PRelu") continue;
    const Tensor* slope = graph.constant_input(node, 1);
    if (slope == nullptr || slope->size() != 1)
      fail("{} has a slope for each channel; export the model again", describe(graph, node));
  }
}

Graph convert(const Model& model, int64_t version) {
  onnx::ModelProto proto = export_model_proto(model, Detail::kSkeleton);
  // Initializers that are no inputs, as some tools write them into models of IR version 3 too.
  proto.set_ir_version(std::max<int64_t>(proto.ir_version(), 4));
  check_nodes(proto);
  guard_inference(proto);
  const std::string what = fmt::format("raising opset {} to {}", opset_version(model, ""), version);
  onnx::ModelProto raised = library_call(what, [&] {
    return onnx::version_conversion::ConvertVersion(proto, static_cast<int>(version));
  });
  ExternalData none{{}};
  return import_graph(std::move(*raised.mutable_graph()), none);
}

}  // namespace

void raise_opset(Model& model, int64_t version) {
  const int64_t current = opset_version(model, "");
  if (current >= version) return;
  const auto where = [&] { return fmt::format("raising opset {} to {}", current, version); };
  with_context(where, [&] {
    Model raised = model;
    if (current < 7) check_prelu(model.graph);
    if (current > 0) {
      raised.graph = convert(model, version);
      restore_graph(raised.graph, model.graph);
    }
    require_opset(raised, "", version);
    raised.ir_version = std::max(model.ir_version, ir_version_for(version));
    if (model.ir_version < 4 && raised.ir_version >= 4) drop_constant_inputs(raised.graph);
    verify(raised);
    infer_types(raised);
    model = std::move(raised);
  });
}

}  // namespace qtool
