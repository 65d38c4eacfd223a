#include "onnx_io/graph_proto.h"
#include "onnx_io/sparse_tensor.h"
#include "onnx_io/tensor_proto.h"

namespace qtool {
namespace {

using Proto = onnx::AttributeProto;

bool is_modelled(const Proto& proto) {
  if (proto.has_ref_attr_name() || proto.name().empty()) return false;
  switch (proto.type()) {
    case Proto::TENSOR:
      return dtype_from_onnx(proto.t().data_type()) != DType::kUndefined;
    case Proto::GRAPH:
      return proto.has_g();
    case Proto::INT:
    case Proto::FLOAT:
    case Proto::STRING:
    case Proto::INTS:
    case Proto::FLOATS:
    case Proto::STRINGS:
      return true;
    default:
      return false;
  }
}

// False for a number or text that the file left out because it is 0 or empty.
bool has_value(const Proto& proto) {
  switch (proto.type()) {
    case Proto::INT:
      return proto.has_i();
    case Proto::FLOAT:
      return proto.has_f();
    case Proto::STRING:
      return proto.has_s();
    default:
      return true;
  }
}

AttributeValue read_value(Proto& proto, ExternalData& external) {
  switch (proto.type()) {
    case Proto::INT:
      return proto.i();
    case Proto::FLOAT:
      return proto.f();
    case Proto::STRING:
      return proto.s();
    case Proto::TENSOR:
      return import_tensor(std::move(*proto.mutable_t()), external);
    case Proto::GRAPH:
      return std::make_shared<const Graph>(import_graph(std::move(*proto.mutable_g()), external));
    case Proto::INTS:
      return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
    case Proto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    default:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
  }
}

void clear_value(Proto& proto) {
  proto.clear_i();
  proto.clear_f();
  proto.clear_s();
  proto.clear_t();
  proto.clear_g();
  proto.clear_ints();
  proto.clear_floats();
  proto.clear_strings();
}

struct ValueWriter {
  Proto& proto;
  Detail detail;
  bool omit_default;  // leave out a 0 or an empty text, as the file did

  void operator()(int64_t value) const {
    proto.set_type(Proto::INT);
    if (!omit_default || value != 0) proto.set_i(value);
  }
  void operator()(float value) const {
    proto.set_type(Proto::FLOAT);
    if (!omit_default || value != 0) proto.set_f(value);
  }
  void operator()(const std::string& value) const {
    proto.set_type(Proto::STRING);
    if (!omit_default || !value.empty()) proto.set_s(value);
  }
  void operator()(const Constant& value) const {
    proto.set_type(Proto::TENSOR);
    *proto.mutable_t() = export_tensor(value);
  }
  void operator()(const std::shared_ptr<const Graph>& value) const {
    proto.set_type(Proto::GRAPH);
    *proto.mutable_g() = export_graph(*value, detail);
  }
  void operator()(const std::vector<int64_t>& value) const {
    proto.set_type(Proto::INTS);
    proto.mutable_ints()->Add(value.begin(), value.end());
  }
  void operator()(const std::vector<float>& value) const {
    proto.set_type(Proto::FLOATS);
    proto.mutable_floats()->Add(value.begin(), value.end());
  }
  void operator()(const std::vector<std::string>& value) const {
    proto.set_type(Proto::STRINGS);
    proto.mutable_strings()->Add(value.begin(), value.end());
  }
  void operator()(const OpaqueAttribute& value) const { proto = from_opaque<Proto>(value.bytes); }
};

}  // namespace

Attribute import_attribute(Proto proto, ExternalData& external) {
  Attribute attribute{proto.name(), {}, {}};
  if (proto.name() == "sparse_value" && proto.has_sparse_tensor()) {  // of Constant
    attribute.value = with_context([&] { return fmt::format("attribute '{}'", attribute.name); },
                                   [&] { return Constant(to_dense(proto.sparse_tensor())); });
    attribute.extra = to_opaque(proto);  // export writes it back as it came
    return attribute;
  }
  if (!is_modelled(proto)) {
    attribute.value = OpaqueAttribute{to_opaque(proto)};
    return attribute;
  }
  attribute.value = with_context([&] { return fmt::format("attribute '{}'", attribute.name); },
                                 [&] { return read_value(proto, external); });
  const bool present = has_value(proto);
  clear_value(proto);
  proto.clear_name();
  if (present) proto.clear_type();  // else it tells export to leave the value out again
  attribute.extra = to_opaque(proto);
  return attribute;
}

Proto export_attribute(const Attribute& attribute, Detail detail) {
  auto proto = from_opaque<Proto>(attribute.extra);
  if (proto.has_sparse_tensor()) return proto;
  const bool omit_default = proto.has_type();
  if (!attribute.name.empty()) proto.set_name(attribute.name);
  std::visit(ValueWriter{proto, detail, omit_default}, attribute.value);
  return proto;
}

}  // namespace qtool
