#include <algorithm>
#include <limits>

#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

// ONNX: 0 copies the input's dimension unless `allow_zero`, one -1 takes what is left.
Shape resolve_reshape(const Shape& input, Shape target, bool allow_zero) {
  const std::string requested = to_string(target);
  std::optional<std::size_t> open;
  Shape known;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && !allow_zero) {
      if (i >= input.size()) fail("shape {} copies an axis that input lacks", requested);
      target[i] = input[i];
    }
    if (target[i] != -1) {
      known.push_back(target[i]);
      continue;
    }
    if (open) fail("shape {} has more than one -1", requested);
    open = i;
  }
  if (!open) return target;
  const int64_t count = element_count(input);
  const int64_t step = element_count(known);
  if (step == 0 || count % step != 0)
    fail("input {} cannot be reshaped to {}", to_string(input), requested);
  target[*open] = count / step;
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
  return [](KernelCall& call) { call.set_output(0, call.datum(0)); };
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
      reference_op("Shape", bind_shape),
      reference_op("Size", bind_size),
  };
  return kOps;
}

}  // namespace qtool
