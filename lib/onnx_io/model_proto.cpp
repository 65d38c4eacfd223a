#include "onnx_io/model_proto.h"

#include "onnx_io/value_info.h"

namespace qtool {
namespace {

using OpsetImports = google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>;

std::string normalized(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

// Versions go to the result; the entries stay, so that export spells the domains as the file did.
std::vector<Opset> take_opsets(OpsetImports& imports) {
  std::vector<Opset> opsets;
  for (auto& import : imports) {
    const std::string domain = normalized(import.domain());
    for (const Opset& other : opsets)
      if (other.domain == domain && other.version != import.version())
        fail("operator set '{}' is imported twice, as version {} and {}", import.domain(),
             other.version, import.version());
    opsets.push_back({domain, import.version()});
    import.clear_version();
  }
  return opsets;
}

onnx::OperatorSetIdProto take_entry(OpsetImports& entries, const std::string& domain) {
  for (auto it = entries.begin(); it != entries.end(); ++it) {
    if (normalized(it->domain()) != normalized(domain)) continue;
    onnx::OperatorSetIdProto entry = *it;
    entries.erase(it);
    return entry;
  }
  onnx::OperatorSetIdProto entry;
  entry.set_domain(domain);
  return entry;
}

void write_opsets(const std::vector<Opset>& opsets, OpsetImports& imports) {
  OpsetImports entries = std::move(imports);
  imports.Clear();
  for (const Opset& opset : opsets) {
    *imports.Add() = take_entry(entries, opset.domain);
    imports.rbegin()->set_version(opset.version);
  }
}

}  // namespace

Model import_model_proto(onnx::ModelProto proto, ExternalData& external) {
  Model model;
  model.ir_version = proto.ir_version();
  model.opsets = take_opsets(*proto.mutable_opset_import());
  model.graph = import_graph(std::move(*proto.mutable_graph()), external);
  proto.clear_ir_version();
  proto.clear_graph();
  model.extra = to_opaque(proto);
  return model;
}

onnx::ModelProto export_model_proto(const Model& model, Detail detail) {
  auto proto = from_opaque<onnx::ModelProto>(model.extra);
  proto.set_ir_version(model.ir_version);
  write_opsets(model.opsets, *proto.mutable_opset_import());
  onnx::GraphProto& graph = *proto.mutable_graph();
  graph = export_graph(model.graph, detail);
  if (detail != Detail::kSkeleton) return proto;
  for (const ValueId id : model.graph.values())
    if (const Value& value = model.graph.value(id); is_left_out(value) && !model.graph.is_input(id))
      *graph.add_input() = export_value_info(value);
  return proto;
}

}  // namespace qtool
