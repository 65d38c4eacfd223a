#include "fuzz/model_input.h"

#include <algorithm>

#include "onnx_io/onnx_io.h"
#include "onnx_io/tensor_proto.h"
#include "onnx_io/test_data.h"

namespace qtool {
namespace {

constexpr int64_t kMostMadeUp = 1 << 14;

onnx::TensorProto to_proto(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto proto = export_tensor(Constant(tensor));
  proto.set_name(name);
  return proto;
}

// Bytes that are small numbers of either sign for most types.
Tensor made_up(const ValueType& type) {
  Shape shape;
  for (const Dim& dim : type.shape.value_or(std::vector<Dim>()))
    shape.push_back(dim.known() ? dim.value : 2);
  if (element_count(shape) > kMostMadeUp) fail("the input is too large to make up");
  Tensor tensor(type.dtype == DType::kUndefined ? DType::kFloat32 : type.dtype, shape);
  auto* bytes = static_cast<uint8_t*>(tensor.mutable_raw());
  for (std::size_t i = 0; i < tensor.bytes(); ++i)
    bytes[i] = tensor.dtype() == DType::kBool ? i % 2 : static_cast<uint8_t>(0x3F + 0x40 * (i & 1));
  return tensor;
}

Datum datum_of(const Value& input, const Sequence& tensors) {
  switch (value_kind(input)) {
    case ValueKind::kSequence:
      return tensors;
    case ValueKind::kOptional:
      return tensors.empty() ? Datum() : tensors[0];
    default:
      return tensors.empty() ? made_up(input.type) : tensors[0];
  }
}

}  // namespace

ModelInput read_model_input(std::string_view bytes) {
  ModelInput input;
  input.model = parse_model(bytes);
  onnx::ModelProto proto;
  proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  input.choices = static_cast<uint64_t>(proto.model_version());
  ExternalData none{{}};
  std::map<std::string, Sequence> given;
  for (const auto& info : proto.training_info())
    for (const onnx::TensorProto& tensor : info.initialization().initializer())
      given[tensor.name()].push_back(*import_tensor(tensor, none).tensor);
  for (const ValueId id : required_inputs(input.model.graph)) {
    const Value& value = input.model.graph.value(id);
    input.feed.emplace(value.name, datum_of(value, given[value.name]));
  }
  return input;
}

void write_feed(const DatumMap& feed, onnx::ModelProto& proto) {
  proto.clear_training_info();
  onnx::GraphProto& graph = *proto.add_training_info()->mutable_initialization();
  for (const auto& [name, datum] : feed) {
    if (datum.is_tensor()) *graph.add_initializer() = to_proto(name, datum.tensor());
    if (!datum.is_sequence()) continue;
    for (const Tensor& tensor : datum.sequence()) *graph.add_initializer() = to_proto(name, tensor);
  }
}

}  // namespace qtool
