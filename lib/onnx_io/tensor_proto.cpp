#include "onnx_io/tensor_proto.h"

#include <algorithm>
#include <cstring>

#include "onnx_io/typed_data.h"

namespace qtool {
namespace {

bool is_external(const onnx::TensorProto& proto) {
  return proto.data_location() == onnx::TensorProto::EXTERNAL;
}

// Moves the data out of the message, or finds it in its file.
ExternalData::Bytes take_data(onnx::TensorProto& proto, std::size_t size, ExternalData& external) {
  if (is_external(proto)) {
    ExternalData::Bytes bytes = external.find(proto, size);
    proto.clear_data_location();
    proto.clear_external_data();
    return bytes;
  }
  const std::shared_ptr<std::string> bytes(proto.release_raw_data());
  const auto* data = reinterpret_cast<const std::byte*>(bytes->data());
  return {[bytes, data](std::size_t begin, std::size_t) {
            return std::shared_ptr<const std::byte>(bytes, data + begin);
          },
          bytes->size()};
}

// Elements are read in place where their type's alignment permits.
bool is_aligned(const std::byte* data, DType dtype) {
  const int bytes_per_number = std::clamp(bits(dtype) / 8, 1, 8);
  return reinterpret_cast<std::uintptr_t>(data) % static_cast<unsigned>(bytes_per_number) == 0;
}

// A byte of a bool other than 0 and 1 must not be read as bool.
bool is_readable(const Tensor& tensor) {
  const auto* data = static_cast<const std::byte*>(tensor.raw());
  if (tensor.dtype() != DType::kBool) return is_aligned(data, tensor.dtype());
  return std::all_of(data, data + tensor.size(), [](std::byte b) { return b <= std::byte{1}; });
}

// A copy of the elements, made when they are first asked for.
Tensor readable_copy(DType dtype, const Shape& shape, const ExternalData::Bytes& bytes) {
  const bool is_bool = dtype == DType::kBool;
  const auto width = static_cast<std::size_t>(bits(dtype) / 8);
  const auto make = [=](int64_t first, int64_t count, void* out) {
    constexpr std::size_t kBytesAtOnce = std::size_t{4}
                                         << 20;  // of the file that are in memory too
    auto* to = static_cast<std::byte*>(out);
    const std::size_t end = static_cast<std::size_t>(first + count) * width;
    for (std::size_t at = static_cast<std::size_t>(first) * width; at < end;) {
      const std::size_t length = std::min(kBytesAtOnce, end - at);
      std::memcpy(to, bytes.open(at, at + length).get(), length);
      for (std::size_t i = 0; is_bool && i < length; ++i) to[i] = std::min(to[i], std::byte{1});
      to += length;
      at += length;
    }
  };
  return Tensor::deferred(dtype, shape, make);
}

// What lies in a file is read when it is asked for, so that who goes through a large model's weights
// one by one does not have them all in memory.
Tensor take_bytes(onnx::TensorProto& proto, DType dtype, const Shape& shape,
                  ExternalData& external) {
  if (dtype == DType::kString) fail("strings are not allowed as raw or external data");
  const std::size_t size = Tensor::view(dtype, shape, nullptr, nullptr).bytes();
  const bool in_file = is_external(proto) && bits(dtype) >= 8;
  const ExternalData::Bytes bytes = take_data(proto, size, external);
  if (bytes.size != size)
    fail("{} bytes of data do not match shape {} of {}, which takes {}", bytes.size,
         to_string(shape), name(dtype), size);
  if (in_file) return readable_copy(dtype, shape, bytes);
  const std::shared_ptr<const std::byte> data = bytes.open(0, bytes.size);
  const Tensor tensor = Tensor::view(dtype, shape, data, data.get());
  return is_readable(tensor) ? tensor : readable_copy(dtype, shape, bytes);
}

}  // namespace

DType dtype_from_onnx(int32_t data_type) {
  const bool known = data_type > 0 && data_type <= static_cast<int32_t>(DType::kInt2);
  return known ? static_cast<DType>(data_type) : DType::kUndefined;
}

Shape shape_from_onnx(const google::protobuf::RepeatedField<int64_t>& dims) {
  constexpr int64_t kMaxElements = int64_t{1} << 40;  // their bytes fit std::size_t by far
  Shape shape(dims.begin(), dims.end());
  if (element_count(shape) > kMaxElements) fail("shape {} has too many elements", to_string(shape));
  return shape;
}

Constant import_tensor(onnx::TensorProto proto, ExternalData& external) {
  const DType dtype = dtype_from_onnx(proto.data_type());
  if (dtype == DType::kUndefined) fail("element type {} is not supported", proto.data_type());
  const Shape shape = shape_from_onnx(proto.dims());
  const bool typed_fields = !is_external(proto) && !proto.has_raw_data();
  Constant constant(typed_fields ? take_typed_data(proto, dtype, shape)
                                 : take_bytes(proto, dtype, shape, external));
  proto.clear_dims();
  proto.clear_data_type();
  constant.typed_fields = typed_fields;
  constant.extra = to_opaque(proto);
  return constant;
}

onnx::TensorProto export_tensor(const Constant& constant, bool data) {
  const Tensor& tensor = *constant.tensor;
  auto proto = from_opaque<onnx::TensorProto>(constant.extra);
  proto.mutable_dims()->Add(tensor.shape().begin(), tensor.shape().end());
  proto.set_data_type(static_cast<int32_t>(tensor.dtype()));
  if (!data) return proto;
  if (constant.typed_fields || tensor.dtype() == DType::kString)
    write_typed_data(tensor, proto);
  else
    proto.set_raw_data(tensor.raw(), tensor.bytes());
  return proto;
}

}  // namespace qtool
