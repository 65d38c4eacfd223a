#include <algorithm>

#include "kernels/reference/copy.h"
#include "kernels/reference/range.h"
#include "ops/elements.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

Kernel bind_constant_of_shape(const BindContext& context) {
  const auto* attribute = find_attribute<Constant>(context.node, "value");
  const Tensor value = attribute == nullptr ? Tensor::scalar(0.0F) : *attribute->tensor;
  if (value.size() != 1) fail("attribute 'value' must have one element");
  return [value](KernelCall& call) {
    call.set_output(0, filled(call, to_int64s(call.input(0)), value));
  };
}

template <class T>
Tensor as_tensor(const T& value) {
  return Tensor::scalar(value);
}
template <class T>
Tensor as_tensor(const std::vector<T>& values) {
  return Tensor::of<T>({std::ssize(values)}, values);
}

template <class T>
void read_constant(const Node& node, std::string_view attribute, Tensor& value) {
  if (const T* found = find_attribute<T>(node, attribute)) value = as_tensor(*found);
}

// The value of a Constant node, whichever attribute holds it.
Tensor constant_value(const Node& node) {
  Tensor value;
  for (const char* attribute : {"value", "sparse_value"})  // import makes a sparse one dense
    if (const auto* tensor = find_attribute<Constant>(node, attribute)) value = *tensor->tensor;
  read_constant<float>(node, "value_float", value);
  read_constant<int64_t>(node, "value_int", value);
  read_constant<std::string>(node, "value_string", value);
  read_constant<std::vector<float>>(node, "value_floats", value);
  read_constant<std::vector<int64_t>>(node, "value_ints", value);
  read_constant<std::vector<std::string>>(node, "value_strings", value);
  return value;
}

Kernel bind_constant(const BindContext& context) {
  const Tensor value = constant_value(context.node);
  if (!value.defined()) fail("no attribute holds a value");
  return [value](KernelCall& call) { call.set_output(0, value); };
}

Kernel bind_range(const BindContext&) {
  return [](KernelCall& call) {
    for (std::size_t i = 0; i < 3; ++i) {
      require_same_type(call.input(0), call.input(i));
      if (call.input(i).size() != 1) fail("input {} must be a scalar", i);
    }
    const DType dtype = call.input(0).dtype();
    with_type(SignedTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
      const T start = *call.input(0).data<T>();
      const T delta = *call.input(2).data<T>();
      if (delta == 0) fail("the step of a range is 0");
      const double count = ref::range_count(start, *call.input(1).data<T>(), delta);
      if (!(count < 0x1p56)) fail("a range of {} elements is too long", count);
      Tensor& y = call.output(0, dtype, {static_cast<int64_t>(count)});
      ref::range(start, delta, y.size(), y.mutable_data<T>());
    });
  };
}

Kernel bind_eye_like(const BindContext& context) {
  const auto dtype = optional_dtype(context, "dtype");
  return [dtype, k = context.attribute<int64_t>("k", 0)](KernelCall& call) {
    const Shape shape = call.input(0).shape();
    if (shape.size() != 2) fail("input {} is no matrix", to_string(shape));
    Tensor y = filled(call, shape, number_of(dtype.value_or(call.input(0).dtype()), 0));
    const int64_t shift = std::clamp(k, -shape[0], shape[1]);
    const int64_t row = std::max<int64_t>(0, -shift);
    const int64_t column = std::max<int64_t>(0, shift);
    const int64_t count = std::min(shape[0] - row, shape[1] - column);
    const Tensor one = number_of(y.dtype(), 1);
    if (count > 0)
      ref::copy(ref::StridedLoop<2>({count}, {Shape{shape[1] + 1}, Shape{0}}), element_bytes(y),
                element_at(y, row * shape[1] + column), one.raw());
    call.set_output(0, y);
  };
}

// Where the output of OneHot is on: [outer, depth, inner] around the new axis.
Tensor one_hot_mask(KernelCall& call, const AxisSplit& split, int64_t lowest) {
  const std::vector<int64_t> indices = truncated_int64s(call.input(0));
  Tensor mask = filled(call, {split.outer, split.axis, split.inner}, Tensor::scalar(false));
  auto index = indices.begin();
  for (int64_t o = 0; o < split.outer; ++o)
    for (int64_t i = 0; i < split.inner; ++i, ++index)
      if (*index >= lowest && *index < split.axis) {
        const int64_t at = *index < 0 ? *index + split.axis : *index;
        mask.mutable_data<bool>()[(o * split.axis + at) * split.inner + i] = true;
      }
  return mask;
}

Kernel bind_one_hot(const BindContext& context) {
  const bool from_back = context.opset >= 11;  // before, negative indices were out of range
  return [from_back, axis = context.attribute<int64_t>("axis", -1)](KernelCall& call) {
    const std::vector<int64_t> depth = truncated_int64s(call.input(1));
    const Tensor& values = call.input(2);
    if (depth.size() != 1) fail("depth must be a scalar");
    if (values.size() != 2) fail("values must be two: off and on");
    Shape shape = call.input(0).shape();
    const int at = normalize_axis(axis, shape.size() + 1);
    shape.insert(shape.begin() + at, depth[0]);
    Tensor& y = call.output(0, values.dtype(), shape);
    const Tensor mask = one_hot_mask(call, split_at(shape, at), from_back ? -depth[0] : 0);
    ref::select(ref::StridedLoop<4>({y.size()}, {Shape{1}, Shape{1}, Shape{0}, Shape{0}}),
                element_bytes(y), y.mutable_raw(), mask.data<bool>(), element_at(values, 1),
                values.raw());
  };
}

}  // namespace

std::span<const OpSpec> generate_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Constant", bind_constant),
      reference_op("ConstantOfShape", bind_constant_of_shape),
      halves_as_float({reference_op("Range", bind_range)})[0],
      reference_op("EyeLike", bind_eye_like),
      reference_op("OneHot", bind_one_hot),
  };
  return kOps;
}

}  // namespace qtool
