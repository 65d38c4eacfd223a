#include <algorithm>
#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// ONNX: 0 copies the input's dimension unless `allow_zero`, one -1 takes what is left.
Shape resolve_reshape(const Shape& input, Shape target, bool allow_zero) {
  const std::string requested = to_string(target);
  std::optional<std::size_t> open;
  int64_t known = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && !allow_zero) {
      if (i >= input.size()) fail("shape {} copies an axis that input lacks", requested);
      target[i] = input[i];
    }
    if (target[i] != -1) {
      known *= target[i];
      continue;
    }
    if (open) fail("shape {} has more than one -1", requested);
    open = i;
  }
  if (!open) return target;
  const int64_t count = element_count(input);
  if (known == 0 || count % known != 0)
    fail("input {} cannot be reshaped to {}", to_string(input), requested);
  target[*open] = count / known;
  return target;
}

Kernel bind_reshape(const BindContext& context) {
  const bool allow_zero = context.attribute<int64_t>("allowzero", 0) != 0;
  return [allow_zero](KernelCall& call) {
    const Tensor& x = call.input(0);
    call.set_output(0,
                    x.reshaped(resolve_reshape(x.shape(), to_int64s(call.input(1)), allow_zero)));
  };
}

Kernel bind_flatten(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", 1);
  return [axis](KernelCall& call) {
    const Tensor& x = call.input(0);
    // The axis may also be one past the last.
    const auto at = static_cast<std::size_t>(
        axis == static_cast<int64_t>(x.rank()) ? axis : normalize_axis(axis, x.rank()));
    call.set_output(0, x.reshaped({product(x.shape(), 0, at), product(x.shape(), at, x.rank())}));
  };
}

Kernel bind_squeeze(const BindContext& context) {
  return [axes = IntsArgument(context, "axes", 1)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto named = axes.read(call);
    const std::vector<bool> dropped = axis_mask(named.value_or(Shape{}), x.rank());
    Shape shape;
    for (std::size_t i = 0; i < x.rank(); ++i) {
      if (dropped[i] && x.dim(i) != 1)
        fail("axis {} of input {} is not of size 1", i, to_string(x.shape()));
      if (named ? !dropped[i] : x.dim(i) != 1) shape.push_back(x.dim(i));
    }
    call.set_output(0, x.reshaped(std::move(shape)));
  };
}

Kernel bind_unsqueeze(const BindContext& context) {
  return [axes = IntsArgument(context, "axes", 1)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::vector<int64_t> named = axes.require(call);
    const std::vector<bool> added = axis_mask(named, x.rank() + named.size());
    Shape shape;
    auto dim = x.shape().begin();
    for (const bool is_new : added) shape.push_back(is_new ? 1 : *dim++);
    call.set_output(0, x.reshaped(std::move(shape)));
  };
}

Kernel bind_identity(const BindContext&) {
  return [](KernelCall& call) { call.set_output(0, call.input(0)); };
}

void fill(Tensor& y, const void* element) {
  ref::fill(element_bytes(y), y.mutable_raw(), y.size(), element);
}

// At inference nothing is dropped.
Kernel bind_dropout(const BindContext&) {
  return [](KernelCall& call) {
    if (call.has(2) && to_int64s(call.input(2)).at(0) != 0)
      fail("training is not supported; export the model for inference");
    const Tensor& x = call.input(0);
    call.set_output(0, x);
    const bool kept = true;
    if (call.output_count() > 1) fill(call.output(1, DType::kBool, x.shape()), &kept);
  };
}

Kernel bind_shape(const BindContext& context) {
  const int64_t start = context.attribute<int64_t>("start", 0);
  const int64_t end = context.attribute<int64_t>("end", std::numeric_limits<int64_t>::max());
  return [start, end](KernelCall& call) {
    const Shape& shape = call.input(0).shape();
    const auto position = [rank = std::ssize(shape)](int64_t axis) {
      return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    const int64_t from = position(start);
    const int64_t to = std::max(from, position(end));
    Tensor& y = call.output(0, DType::kInt64, {to - from});
    std::copy(shape.begin() + from, shape.begin() + to, y.mutable_data<int64_t>());
  };
}

Kernel bind_size(const BindContext&) {
  return [](KernelCall& call) {
    *call.output(0, DType::kInt64, {}).mutable_data<int64_t>() = call.input(0).size();
  };
}

Kernel bind_constant_of_shape(const BindContext& context) {
  const auto* attribute = find_attribute<Constant>(context.node, "value");
  const Tensor value = attribute == nullptr ? Tensor::scalar(0.0F) : *attribute->tensor;
  if (value.size() != 1) fail("attribute 'value' must have one element");
  return [value](KernelCall& call) {
    fill(call.output(0, value.dtype(), to_int64s(call.input(0))), value.raw());
  };
}

template <class T>
Tensor vector_tensor(const std::vector<T>& values) {
  return Tensor::of<T>({std::ssize(values)}, values);
}

// The value of a Constant node, whichever attribute holds it.
Tensor constant_value(const BindContext& context) {
  for (const Attribute& attribute : context.node.attributes) {
    if (attribute.name == "value") return *std::get<Constant>(attribute.value).tensor;
    if (attribute.name == "value_float") return Tensor::scalar(std::get<float>(attribute.value));
    if (attribute.name == "value_int") return Tensor::scalar(std::get<int64_t>(attribute.value));
    if (attribute.name == "value_string")
      return Tensor::scalar(std::get<std::string>(attribute.value));
    if (attribute.name == "value_floats")
      return vector_tensor(std::get<std::vector<float>>(attribute.value));
    if (attribute.name == "value_ints")
      return vector_tensor(std::get<std::vector<int64_t>>(attribute.value));
    if (attribute.name == "value_strings")
      return vector_tensor(std::get<std::vector<std::string>>(attribute.value));
  }
  return {};
}

Kernel bind_constant(const BindContext& context) {
  const Tensor value = constant_value(context);
  if (!value.defined()) return {};  // a sparse tensor
  return [value](KernelCall& call) { call.set_output(0, value); };
}

Kernel bind_expand(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape shape = broadcast_shape(x.shape(), to_int64s(call.input(1)));
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::copy(ref::StridedLoop<2>(
                  shape, {ref::row_major_strides(shape), ref::broadcast_strides(x.shape(), shape)}),
              element_bytes(x), y.mutable_raw(), x.raw());
  };
}

template <class T>
void make_range(KernelCall& call) {
  const T start = *call.input(0).data<T>();
  const T limit = *call.input(1).data<T>();
  const T delta = *call.input(2).data<T>();
  if (delta == 0) fail("the step of a range is 0");
  const double steps = (static_cast<double>(limit) - static_cast<double>(start)) / delta;
  const auto count = static_cast<int64_t>(std::max(0.0, std::ceil(steps)));
  T* y = call.output(0, dtype_of<T>, {count}).template mutable_data<T>();
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(start + static_cast<T>(i) * delta);
}

Kernel bind_range(const BindContext&) {
  return [](KernelCall& call) {
    for (std::size_t i = 0; i < 3; ++i) {
      require_same_type(call.input(0), call.input(i));
      if (call.input(i).size() != 1) fail("input {} must be a scalar", i);
    }
    with_type(SignedTypes{}, call.input(0).dtype(),
              [&]<class T>(std::type_identity<T>) { make_range<T>(call); });
  };
}

}  // namespace

std::span<const OpSpec> shape_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation, Role::kPlain},
                                     .same_params = true};
  static const std::vector<OpSpec> kOps = {
      reference_op("Reshape", bind_reshape, kMoves),
      reference_op("Flatten", bind_flatten, kMoves),
      reference_op("Squeeze", bind_squeeze, kMoves),
      reference_op("Unsqueeze", bind_unsqueeze, kMoves),
      reference_op("Identity", bind_identity, kMoves),
      reference_op("Dropout", bind_dropout, kMoves),
      reference_op("Expand", moves_packed<bind_expand>, kMoves),
      reference_op("Shape", bind_shape),
      reference_op("Size", bind_size),
      reference_op("Constant", bind_constant),
      reference_op("ConstantOfShape", bind_constant_of_shape),
      reference_op("Range", bind_range),
  };
  return kOps;
}

}  // namespace qtool
