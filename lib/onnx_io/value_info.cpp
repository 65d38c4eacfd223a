#include "onnx_io/value_info.h"

#include "onnx_io/tensor_proto.h"

namespace qtool {
namespace {

Dim take_dim(onnx::TensorShapeProto::Dimension& proto) {
  Dim dim;
  if (proto.has_dim_value() && proto.dim_value() >= 0) dim.value = proto.dim_value();
  dim.name = proto.dim_param();
  if (dim.known() || !dim.name.empty()) proto.clear_value();
  return dim;
}

bool is_empty(const google::protobuf::Message& message) { return message.ByteSizeLong() == 0; }

std::vector<Dim> take_shape(onnx::TensorShapeProto& proto) {
  std::vector<Dim> shape;
  bool all_taken = true;
  for (auto& dim : *proto.mutable_dim()) {
    shape.push_back(take_dim(dim));
    all_taken &= is_empty(dim);
  }
  if (all_taken) proto.clear_dim();
  return shape;
}

// Clears what the result says, so that only the rest is left.
ValueType take_type(onnx::TypeProto& proto) {
  ValueType type;
  if (!proto.has_tensor_type()) return type;
  onnx::TypeProto::Tensor& tensor = *proto.mutable_tensor_type();
  type.dtype = dtype_from_onnx(tensor.elem_type());
  if (type.dtype != DType::kUndefined) tensor.clear_elem_type();
  if (tensor.has_shape()) {
    type.shape = take_shape(*tensor.mutable_shape());
    if (is_empty(tensor.shape())) tensor.clear_shape();
  }
  if (type != ValueType{} && is_empty(tensor)) proto.clear_tensor_type();
  return type;
}

void write_type(const ValueType& type, onnx::TypeProto::Tensor& proto) {
  if (type.dtype != DType::kUndefined) proto.set_elem_type(static_cast<int32_t>(type.dtype));
  if (!type.shape) return;
  onnx::TensorShapeProto& shape = *proto.mutable_shape();
  // Dimensions that are there hold what is not modelled, such as denotations.
  if (static_cast<std::size_t>(shape.dim_size()) != type.shape->size()) shape.clear_dim();
  for (std::size_t i = 0; i < type.shape->size(); ++i) {
    const bool is_new = shape.dim_size() == static_cast<int>(i);
    auto& out = is_new ? *shape.add_dim() : *shape.mutable_dim(static_cast<int>(i));
    const Dim& dim = (*type.shape)[i];
    if (dim.known())
      out.set_dim_value(dim.value);
    else if (!dim.name.empty())
      out.set_dim_param(dim.name);
  }
}

}  // namespace

ValueType read_type(const onnx::TypeProto& proto) {
  onnx::TypeProto copy = proto;
  return take_type(copy);
}

void import_value_info(onnx::ValueInfoProto info, Value& value) {
  info.clear_name();
  if (info.has_type()) {
    const ValueType type = take_type(*info.mutable_type());
    if (!value.constant) value.type = type;
    if (type != ValueType{} && is_empty(info.type())) info.clear_type();
  }
  value.extra = to_opaque(info);
}

onnx::ValueInfoProto export_value_info(const Value& value) {
  auto info = from_opaque<onnx::ValueInfoProto>(value.extra);
  info.set_name(value.name);
  if (value.type != ValueType{})
    write_type(value.type, *info.mutable_type()->mutable_tensor_type());
  return info;
}

}  // namespace qtool
