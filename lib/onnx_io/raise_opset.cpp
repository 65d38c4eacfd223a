#include <onnx/version_converter/convert.h>

#include <algorithm>

#include "ir/verify.h"
#include "onnx_io/library_call.h"
#include "onnx_io/model_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/versions.h"

namespace qtool {
namespace {

void restore_graph(Graph& graph, const Graph& original);

void restore_attribute(Attribute& attribute, const Node& original) {
  const Attribute* before = find_attribute(original, attribute.name);
  if (before == nullptr || before->value.index() != attribute.value.index()) return;
  attribute.extra = before->extra;
  if (auto* constant = std::get_if<Constant>(&attribute.value)) {
    const auto& constant_before = std::get<Constant>(before->value);
    if (*constant->tensor == *constant_before.tensor) *constant = constant_before;
  } else if (auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute.value)) {
    Graph restored = **subgraph;
    restore_graph(restored, *std::get<std::shared_ptr<const Graph>>(before->value));
    *subgraph = std::make_shared<const Graph>(std::move(restored));
  }
}

// The node that wrote the same value before, if it still is the same operator.
const Node* find_original(const Graph& graph, const Node& node, const Graph& original) {
  for (const ValueId output : node.outputs) {
    if (output == ValueId::kNone) continue;
    const ValueId before = original.find(graph.value(output).name);
    if (before == ValueId::kNone || original.value(before).producer == NodeId::kNone)
      return nullptr;
    const Node& producer = original.node(original.value(before).producer);
    return full_op_type(producer) == full_op_type(node) ? &producer : nullptr;
  }
  return nullptr;
}

// What the converter had no place for comes back from the value of the same name.
void restore_value(Graph& graph, ValueId id, const Graph& original) {
  Value& value = graph.mutable_value(id);
  value.listed = false;
  const ValueId before_id = original.find(value.name);
  if (before_id == ValueId::kNone) return;
  const Value& before = original.value(before_id);
  const bool same_constant =
      before.constant && (!value.constant || *value.constant.tensor == *before.constant.tensor);
  if (same_constant) graph.set_constant(id, before.constant);
  if (!value.constant && before.type != ValueType{}) value.type = before.type;
  value.listed = before.listed;
  value.extra = before.extra;
}

std::vector<ValueId> same_names(const Graph& graph, const std::vector<ValueId>& ids,
                                const Graph& original) {
  std::vector<ValueId> found;
  for (const ValueId id : ids) found.push_back(graph.find(original.value(id).name));
  std::erase(found, ValueId::kNone);
  return found;
}

// Gives `graph`, which the converter made of `original`, back all that it does not carry.
void restore_graph(Graph& graph, const Graph& original) {
  graph.name = original.name;
  graph.extra = original.extra;
  graph.set_graph_inputs(same_names(graph, original.inputs(), original));
  for (const ValueId id : graph.values()) restore_value(graph, id, original);
  for (const NodeId id : graph.nodes()) {
    Node& node = graph.mutable_node(id);
    const Node* before = find_original(graph, node, original);
    if (before == nullptr) continue;
    node.extra = before->extra;
    for (Attribute& attribute : node.attributes) restore_attribute(attribute, *before);
  }
}

// From IR version 4 on, an initializer that also is an input can be overridden by the caller, and
// onnxruntime no longer treats it as a constant. Before, every initializer had to be one.
void drop_constant_inputs(Graph& graph) {
  std::vector<ValueId> inputs = graph.inputs();
  std::erase_if(inputs, [&](ValueId id) { return graph.constant(id) != nullptr; });
  graph.set_graph_inputs(std::move(inputs));
}

Graph convert(const Model& model, int64_t version) {
  const onnx::ModelProto proto = export_model_proto(model, Detail::kSkeleton);
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
