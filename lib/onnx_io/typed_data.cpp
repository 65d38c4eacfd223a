#include "onnx_io/typed_data.h"

#include <algorithm>
#include <type_traits>

namespace qtool {
namespace {

// Calls visit(list, unit): the field that holds elements of `dtype`, and the C++ type of what one
// entry of the list stands for in memory (a byte of packed elements below 8 bits).
template <class Visit>
void visit_field(onnx::TensorProto& proto, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kComplex64:
      return visit(*proto.mutable_float_data(), float{});
    case DType::kFloat64:
    case DType::kComplex128:
      return visit(*proto.mutable_double_data(), double{});
    case DType::kInt64:
      return visit(*proto.mutable_int64_data(), int64_t{});
    case DType::kUInt64:
      return visit(*proto.mutable_uint64_data(), uint64_t{});
    case DType::kUInt32:
      return visit(*proto.mutable_uint64_data(), uint32_t{});
    case DType::kInt32:
      return visit(*proto.mutable_int32_data(), int32_t{});
    case DType::kInt16:
      return visit(*proto.mutable_int32_data(), int16_t{});
    case DType::kUInt16:
    case DType::kFloat16:
    case DType::kBFloat16:
      return visit(*proto.mutable_int32_data(), uint16_t{});
    case DType::kInt8:
      return visit(*proto.mutable_int32_data(), int8_t{});
    default:
      return visit(*proto.mutable_int32_data(), uint8_t{});
  }
}

template <class Unit, class Entry>
bool fits(Entry entry) {
  if constexpr (std::is_same_v<Unit, Entry>) {
    return true;
  } else {
    return entry == static_cast<Entry>(static_cast<std::make_signed_t<Unit>>(entry)) ||
           entry == static_cast<Entry>(static_cast<std::make_unsigned_t<Unit>>(entry));
  }
}

// True if writing gives the same entry again.
template <class Unit, class Entry>
bool survives(Entry entry, Unit unit) {
  if constexpr (std::is_same_v<Unit, Entry>) {
    return true;
  } else {
    return entry == static_cast<Entry>(unit);
  }
}

void check_count(std::size_t found, std::size_t expected, DType dtype, const Shape& shape) {
  if (found != expected)
    fail("{} entries of data do not match shape {} of {}, which takes {}", found, to_string(shape),
         name(dtype), expected);
}

template <class Unit, class List>
Tensor take_numbers(List& list, DType dtype, const Shape& shape) {
  const std::size_t bytes = Tensor::view(dtype, shape, nullptr, nullptr).bytes();
  check_count(static_cast<std::size_t>(list.size()), bytes / sizeof(Unit), dtype, shape);
  Tensor tensor(dtype, shape);
  Unit* out = static_cast<Unit*>(tensor.mutable_raw());
  bool all_survive = true;
  for (const auto entry : list) {
    if (!fits<Unit>(entry)) fail("the element {} is out of the range of {}", entry, name(dtype));
    *out = dtype == DType::kBool ? static_cast<Unit>(entry != 0) : static_cast<Unit>(entry);
    all_survive &= survives(entry, *out++);
  }
  if (all_survive) list.Clear();
  return tensor;
}

Tensor take_strings(onnx::TensorProto& proto, const Shape& shape) {
  auto& list = *proto.mutable_string_data();
  const auto count = static_cast<std::size_t>(element_count(shape));
  check_count(static_cast<std::size_t>(list.size()), count, DType::kString, shape);
  Tensor tensor(DType::kString, shape);
  std::move(list.begin(), list.end(), tensor.mutable_data<std::string>());
  list.Clear();
  return tensor;
}

}  // namespace

Tensor take_typed_data(onnx::TensorProto& proto, DType dtype, const Shape& shape) {
  if (dtype == DType::kString) return take_strings(proto, shape);
  Tensor tensor;
  visit_field(proto, dtype, [&](auto& list, auto unit) {
    tensor = take_numbers<decltype(unit)>(list, dtype, shape);
  });
  return tensor;
}

void write_typed_data(const Tensor& tensor, onnx::TensorProto& proto) {
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.to_vector<std::string>()) proto.add_string_data(text);
    return;
  }
  visit_field(proto, tensor.dtype(), [&](auto& list, auto unit) {
    using Unit = decltype(unit);
    if (!list.empty()) return;
    const auto* units = static_cast<const Unit*>(tensor.raw());
    list.Add(units, units + tensor.bytes() / sizeof(Unit));
  });
}

}  // namespace qtool
