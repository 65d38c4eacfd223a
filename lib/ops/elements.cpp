#include "ops/elements.h"

#include <algorithm>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "ops/packed.h"

namespace qtool {

namespace ref = reference;

namespace {

template <class To>
std::vector<To> converted(const Tensor& tensor) {
  std::vector<To> result(static_cast<std::size_t>(tensor.size()));
  with_type(AnyNumberTypes{}, tensor.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(tensor.data<T>(), result.data(), tensor.size());
  });
  return result;
}

}  // namespace

Tensor zero_of(DType dtype) {
  Tensor zero(dtype, {});
  std::fill_n(static_cast<std::byte*>(zero.mutable_raw()), zero.bytes(), std::byte{0});
  return zero;
}

Tensor number_of(DType dtype, double value) {
  Tensor number(dtype, {});
  with_type(AnyNumberTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    *number.mutable_data<T>() = ref::convert_value<T>(value);
  });
  return number;
}

std::vector<int64_t> truncated_int64s(const Tensor& tensor) { return converted<int64_t>(tensor); }

std::vector<double> to_doubles(const Tensor& tensor) { return converted<double>(tensor); }

Tensor from_doubles(KernelCall& call, DType dtype, const Shape& shape,
                    const std::vector<double>& values) {
  Tensor tensor = call.scratch(dtype, shape);
  QTOOL_ASSERT(tensor.size() == std::ssize(values));
  with_type(AnyNumberTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    ref::convert(values.data(), tensor.mutable_data<T>(), tensor.size());
  });
  return tensor;
}

int64_t read_int(const Tensor& tensor) {
  if (tensor.size() != 1) fail("expected one integer, got {} of them", tensor.size());
  return to_int64s(tensor)[0];
}

double read_number(const Tensor& tensor) {
  if (tensor.size() != 1) fail("expected one number, got {} of them", tensor.size());
  return to_doubles(tensor)[0];
}

std::optional<DType> optional_dtype(const BindContext& context, std::string_view attribute) {
  const int64_t* number = find_attribute<int64_t>(context.node, attribute);
  if (number == nullptr) return std::nullopt;
  if (*number <= 0 || *number > static_cast<int64_t>(DType::kInt2))
    fail("attribute '{}' names type {}, which is not known", attribute, *number);
  return static_cast<DType>(*number);
}

Tensor filled(KernelCall& call, const Shape& shape, const Tensor& element) {
  if (is_packed(element.dtype()))
    return packed(call, filled(call, shape, unpacked(call, element)), element.dtype());
  Tensor y = call.scratch(element.dtype(), shape);
  ref::fill(element_bytes(y), y.mutable_raw(), y.size(), element.raw());
  return y;
}

Tensor copied(KernelCall& call, const Tensor& x) {
  Tensor y = call.scratch(x.dtype(), x.shape());
  ref::copy(ref::StridedLoop<2>({x.size()}, {Shape{1}, Shape{1}}), element_bytes(x),
            y.mutable_raw(), x.raw());
  return y;
}

const std::byte* element_at(const Tensor& tensor, int64_t index) {
  return static_cast<const std::byte*>(tensor.raw()) +
         index * static_cast<int64_t>(element_bytes(tensor));
}

std::byte* element_at(Tensor& tensor, int64_t index) {
  return static_cast<std::byte*>(tensor.mutable_raw()) +
         index * static_cast<int64_t>(element_bytes(tensor));
}

int64_t normalize_index(int64_t index, int64_t size) {
  if (index < -size || index >= size)
    fail("index {} is outside an axis of {} elements", index, size);
  return index < 0 ? index + size : index;
}

int64_t checked_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) fail("{} + {} is out of range", a, b);
  return sum;
}

}  // namespace qtool
