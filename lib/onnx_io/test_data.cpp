#include "onnx_io/test_data.h"

#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx-data.pb.h>

#include <limits>

#include "onnx_io/tensor_proto.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

template <class Message>
Message parse(std::string_view bytes) {
  const google::protobuf::LogSilencer silence;
  Message message;
  if (bytes.size() > std::numeric_limits<int32_t>::max() ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    fail("is no {}", Message::descriptor()->name());
  return message;
}

Tensor to_tensor(const onnx::TensorProto& proto, ExternalData& external) {
  return *import_tensor(proto, external).tensor;
}

Sequence to_sequence(const onnx::SequenceProto& proto, ExternalData& external) {
  if (proto.elem_type() != onnx::SequenceProto::TENSOR)
    fail("holds a sequence of something else than tensors, which qtool does not run");
  Sequence sequence;
  for (const onnx::TensorProto& tensor : proto.tensor_values())
    sequence.push_back(to_tensor(tensor, external));
  return sequence;
}

Datum to_optional(const onnx::OptionalProto& proto, ExternalData& external) {
  switch (proto.elem_type()) {
    case onnx::OptionalProto::UNDEFINED:
      return {};
    case onnx::OptionalProto::TENSOR:
      return to_tensor(proto.tensor_value(), external);
    case onnx::OptionalProto::SEQUENCE:
      return to_sequence(proto.sequence_value(), external);
    default:
      fail("holds an optional of something else than a tensor or sequence");
  }
}

Datum parse_datum(std::string_view bytes, ValueKind kind, ExternalData& external) {
  switch (kind) {
    case ValueKind::kSequence:
      return to_sequence(parse<onnx::SequenceProto>(bytes), external);
    case ValueKind::kOptional:
      return to_optional(parse<onnx::OptionalProto>(bytes), external);
    default:
      return to_tensor(parse<onnx::TensorProto>(bytes), external);
  }
}

}  // namespace

ValueKind value_kind(const Value& value) {
  switch (from_opaque<onnx::ValueInfoProto>(value.extra).type().value_case()) {
    case onnx::TypeProto::kSequenceType:
      return ValueKind::kSequence;
    case onnx::TypeProto::kOptionalType:
      return ValueKind::kOptional;
    case onnx::TypeProto::kTensorType:
    case onnx::TypeProto::VALUE_NOT_SET:
      return ValueKind::kTensor;
    default:
      fail("'{}' is a map or a sparse tensor, which qtool does not run", value.name);
  }
}

Datum read_test_data(const fs::path& path, ValueKind kind) {
  const MappedFile file(path);
  ExternalData external(fs::absolute(path).parent_path());
  return with_context([&] { return path.string(); },
                      [&] { return parse_datum(file.text(), kind, external); });
}

std::vector<Datum> read_test_data_set(const Graph& graph, const std::vector<ValueId>& values,
                                      const fs::path& folder, std::string_view prefix) {
  const auto path = [&](std::size_t k) { return folder / fmt::format("{}_{}.pb", prefix, k); };
  std::vector<Datum> data;
  for (const ValueId id : values)
    data.push_back(read_test_data(path(data.size()), value_kind(graph.value(id))));
  if (fs::exists(path(data.size())))
    fail("{}: the model has only {} {}s", path(data.size()).string(), data.size(), prefix);
  return data;
}

}  // namespace qtool
