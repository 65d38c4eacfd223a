#include <unordered_set>

#include "onnx_io/graph_proto.h"
#include "onnx_io/sparse_tensor.h"
#include "onnx_io/tensor_proto.h"
#include "onnx_io/value_info.h"

namespace qtool {
namespace {

using ValueInfos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;

// One graph on its way from `proto_` to `graph_`. What `graph_` cannot hold stays in `proto_`.
class GraphImport {
 public:
  GraphImport(onnx::GraphProto proto, ExternalData& external)
      : proto_(std::move(proto)), external_(external) {}

  Graph run() {
    add_inputs();
    add_constants();
    for (onnx::NodeProto& node : *proto_.mutable_node()) add_node(node);
    for (const auto& info : proto_.output()) graph_.add_output(value(info.name()));
    add_value_infos();
    proto_.clear_node();
    proto_.clear_initializer();
    graph_.name = proto_.name();
    if (!graph_.name.empty()) proto_.clear_name();
    graph_.extra = to_opaque(proto_);
    return std::move(graph_);
  }

 private:
  // The value of that name, added if it is new.
  ValueId value(const std::string& name) {
    const ValueId id = graph_.find(name);
    return id == ValueId::kNone ? graph_.add_value(name) : id;
  }

  void add_inputs() {
    for (const auto& info : proto_.input()) {
      if (graph_.find(info.name()) != ValueId::kNone)
        fail("two graph inputs are named '{}'", info.name());
      graph_.add_input(graph_.add_value(info.name()));
    }
  }

  void add_constants() {
    for (auto& initializer : *proto_.mutable_initializer()) {
      const std::string name = initializer.name();
      initializer.clear_name();
      add_constant(name, [&] { return import_tensor(std::move(initializer), external_); });
    }
    for (auto& sparse : *proto_.mutable_sparse_initializer())
      add_constant(sparse.values().name(), [&] {
        for (auto* part : {sparse.mutable_values(), sparse.mutable_indices()})
          *part = export_tensor(import_tensor(*part, external_));  // external data comes inside
        return Constant(to_dense(sparse));
      });
  }

  template <class Read>
  void add_constant(std::string name, Read read) {
    if (name.empty()) fail("an initializer has no name");
    const ValueId id = value(name);
    if (graph_.constant(id) != nullptr) fail("two initializers are named '{}'", name);
    graph_.set_constant(id,
                        with_context([&] { return fmt::format("initializer '{}'", name); }, read));
  }

  std::vector<ValueId> values(const google::protobuf::RepeatedPtrField<std::string>& names) {
    std::vector<ValueId> ids;
    for (const std::string& name : names)
      ids.push_back(name.empty() ? ValueId::kNone : value(name));
    return ids;
  }

  // Links rely on every value having one definition.
  void check_outputs(const Node& node) {
    for (const ValueId id : node.outputs) {
      if (id == ValueId::kNone) continue;
      const Value& output = graph_.value(id);
      if (output.constant || graph_.is_input(id))
        fail("'{}' is an input or an initializer, and is written by {}", output.name,
             describe(graph_, node));
      if (!written_.insert(id).second)
        fail("'{}' is written twice, the second time by {}", output.name, describe(graph_, node));
    }
  }

  void add_node(onnx::NodeProto& proto) {
    Node node;
    node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
    node.op_type = proto.op_type();
    node.name = proto.name();
    node.inputs = values(proto.input());
    node.outputs = values(proto.output());
    with_context([&] { return describe(graph_, node); },
                 [&] {
                   for (auto& attribute : *proto.mutable_attribute())
                     node.attributes.push_back(import_attribute(std::move(attribute), external_));
                 });
    check_outputs(node);
    proto.clear_input();
    proto.clear_output();
    proto.clear_attribute();
    if (!node.domain.empty()) proto.clear_domain();
    if (!node.op_type.empty()) proto.clear_op_type();
    if (!node.name.empty()) proto.clear_name();
    node.extra = to_opaque(proto);
    graph_.add_node(std::move(node));
  }

  // Graph inputs come first: where a value has several entries, that is the one its Value holds.
  // An entry that export would not write again as it is stays in the message.
  void add_value_infos() {
    take_value_infos(*proto_.mutable_input(), false);
    take_value_infos(*proto_.mutable_output(), false);
    take_value_infos(*proto_.mutable_value_info(), true);
  }

  void take_value_infos(ValueInfos& infos, bool is_listing) {
    ValueInfos rest;
    for (const auto& info : infos) {
      if (info.name().empty()) {
        *rest.Add() = info;
        continue;
      }
      Value& target = graph_.mutable_value(value(info.name()));
      if (described_.insert(target.name).second) import_value_info(info, target);
      const bool again = is_listing && target.listed;
      if (!again && to_opaque(export_value_info(target)) == to_opaque(info))
        target.listed |= is_listing;
      else
        *rest.Add() = info;
    }
    infos = std::move(rest);
  }

  onnx::GraphProto proto_;
  ExternalData& external_;
  Graph graph_;
  std::unordered_set<ValueId> written_;
  std::unordered_set<std::string> described_;
};

}  // namespace

Graph import_graph(onnx::GraphProto proto, ExternalData& external) {
  return GraphImport(std::move(proto), external).run();
}

}  // namespace qtool
