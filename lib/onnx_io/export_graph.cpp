#include <map>
#include <unordered_set>

#include "onnx_io/graph_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/sparse_tensor.h"
#include "onnx_io/tensor_proto.h"
#include "onnx_io/value_info.h"

namespace qtool {
namespace {

using ValueInfos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;

class GraphExport {
 public:
  GraphExport(const Graph& graph, Detail detail)
      : graph_(graph), detail_(detail), proto_(from_opaque<onnx::GraphProto>(graph.extra)) {}

  onnx::GraphProto run() {
    if (!graph_.name.empty()) proto_.set_name(graph_.name);
    write_entries(graph_.inputs(), *proto_.mutable_input());
    write_entries(graph_.outputs(), *proto_.mutable_output());
    for (const NodeId id : graph_.nodes()) write_node(graph_.node(id), *proto_.add_node());
    if (detail_ == Detail::kSkeleton) proto_.clear_sparse_initializer();
    const std::unordered_set<std::string> sparse = keep_sparse_initializers();
    keep_value_infos();
    for (const ValueId id : graph_.values()) {
      const Value& value = graph_.value(id);
      if (is_written(value) && !sparse.contains(value.name)) {
        write_initializer(value, *proto_.add_initializer());
      }
      if (is_listed(id)) *proto_.add_value_info() = export_value_info(value);
    }
    return std::move(proto_);
  }

 private:
  bool is_written(const Value& value) const {
    return value.constant && !(detail_ == Detail::kSkeleton && is_left_out(value));
  }

  bool is_listed(ValueId id) const {
    const Value& value = graph_.value(id);
    if (detail_ != Detail::kSkeleton) return value.listed;
    return value.type != ValueType{} && !graph_.is_input(id) && !graph_.is_output(id);
  }

  static Detail of_bodies(Detail detail) {
    return detail == Detail::kWithoutRawData ? Detail::kWhole : detail;
  }

  void write_initializer(const Value& value, onnx::TensorProto& proto) const {
    const bool left_out = detail_ == Detail::kWithoutRawData && has_large_raw_data(value.constant);
    proto = export_tensor(value.constant, !left_out);
    if (left_out) proto.set_raw_data(std::string(1, '\0'));
    proto.set_name(value.name);
  }

  // Entries that import left in the message go before what the Value says.
  void write_entries(const std::vector<ValueId>& ids, ValueInfos& infos) {
    std::map<std::string, onnx::ValueInfoProto> left;
    for (auto& info : infos) left[info.name()] = std::move(info);
    infos.Clear();
    for (const ValueId id : ids) {
      const auto it = left.find(graph_.value(id).name);
      *infos.Add() = it == left.end() ? export_value_info(graph_.value(id)) : it->second;
    }
  }

  void keep_value_infos() {
    ValueInfos kept;
    for (auto& info : *proto_.mutable_value_info())
      if (info.name().empty() || graph_.find(info.name()) != ValueId::kNone)
        *kept.Add() = std::move(info);
    if (detail_ == Detail::kSkeleton) kept.Clear();
    *proto_.mutable_value_info() = std::move(kept);
  }

  // Keeps those that still are the value's constant; the result is their names.
  std::unordered_set<std::string> keep_sparse_initializers() {
    std::unordered_set<std::string> names;
    google::protobuf::RepeatedPtrField<onnx::SparseTensorProto> kept;
    for (auto& sparse : *proto_.mutable_sparse_initializer()) {
      const Tensor* tensor = graph_.constant(graph_.find(sparse.values().name()));
      if (tensor == nullptr || !(*tensor == to_dense(sparse))) continue;
      names.insert(sparse.values().name());
      *kept.Add() = std::move(sparse);
    }
    *proto_.mutable_sparse_initializer() = std::move(kept);
    return names;
  }

  const std::string& name(ValueId id) const {
    static const std::string kLeftOut;
    return id == ValueId::kNone ? kLeftOut : graph_.value(id).name;
  }

  void write_node(const Node& node, onnx::NodeProto& proto) const {
    if (node.domain == kInternalDomain && detail_ != Detail::kSkeleton)
      fail("{} exists only inside the runtime and cannot be written", describe(graph_, node));
    proto = from_opaque<onnx::NodeProto>(node.extra);
    for (const ValueId id : node.inputs) proto.add_input(name(id));
    for (const ValueId id : node.outputs) proto.add_output(name(id));
    if (!node.name.empty()) proto.set_name(node.name);
    if (!node.op_type.empty()) proto.set_op_type(node.op_type);
    if (!node.domain.empty()) proto.set_domain(node.domain);
    for (const Attribute& attribute : node.attributes)
      *proto.add_attribute() = export_attribute(attribute, of_bodies(detail_));
  }

  const Graph& graph_;
  Detail detail_;
  onnx::GraphProto proto_;
};

}  // namespace

bool is_left_out(const Value& value) {
  return value.constant && value.constant.tensor->size() > kSkeletonElements;
}

bool has_large_raw_data(const Constant& constant) {
  constexpr std::size_t kSmallBytes = 4096;
  return constant && !constant.typed_fields && constant.tensor->dtype() != DType::kString &&
         constant.tensor->bytes() > kSmallBytes;
}

onnx::GraphProto export_graph(const Graph& graph, Detail detail) {
  return GraphExport(graph, detail).run();
}

}  // namespace qtool
