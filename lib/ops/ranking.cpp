#include "kernels/reference/ranking.h"

#include <functional>

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

template <class Before>
Kernel bind_arg(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", 0);
  const bool keep_dims = context.attribute<int64_t>("keepdims", 1) != 0;
  const bool last = context.attribute<int64_t>("select_last_index", 0) != 0;
  return [=](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    const AxisSplit s = split_at(x.shape(), at);
    if (s.axis == 0) fail("axis {} of {} is empty", axis, to_string(x.shape()));
    Shape shape = x.shape();
    shape[static_cast<std::size_t>(at)] = 1;
    if (!keep_dims) shape.erase(shape.begin() + at);
    int64_t* y = call.output(0, DType::kInt64, shape).mutable_data<int64_t>();
    with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::arg_extreme(s.outer, s.axis, s.inner, last, Before{}, x.data<T>(), y);
    });
  };
}

template <class Before>
void run_top_k(KernelCall& call, int axis, int64_t k) {
  const Tensor& x = call.input(0);
  const AxisSplit s = split_at(x.shape(), axis);
  Shape shape = x.shape();
  shape[static_cast<std::size_t>(axis)] = k;
  Tensor& values = call.output(0, x.dtype(), shape);
  Tensor& indices = call.output(1, DType::kInt64, shape);
  with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::top_k(s.outer, s.axis, s.inner, k, Before{}, x.data<T>(), values.mutable_data<T>(),
               indices.mutable_data<int64_t>());
  });
}

// How many elements: an input since opset 10, an attribute before.
int64_t read_k(const KernelCall& call, const std::optional<int64_t>& attribute, int64_t most) {
  if (!attribute && call.input(1).size() != 1)
    fail("k must have one element, got {}", to_string(call.input(1).shape()));
  const int64_t k = attribute ? *attribute : to_int64s(call.input(1))[0];
  if (k < 0 || k > most) fail("k is {}, expected 0 to {}", k, most);
  return k;
}

// Sorted whether or not the node asks for it: without, any order is right.
Kernel bind_top_k(const BindContext& context) {
  const auto* attribute = find_attribute<int64_t>(context.node, "k");
  const auto k_attribute = attribute == nullptr ? std::nullopt : std::optional(*attribute);
  const int64_t axis = context.attribute<int64_t>("axis", -1);
  const bool largest = context.attribute<int64_t>("largest", 1) != 0;
  return [k_attribute, axis, largest](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    const int64_t k = read_k(call, k_attribute, x.dim(static_cast<std::size_t>(at)));
    largest ? run_top_k<ref::LargestFirst>(call, at, k)
            : run_top_k<ref::SmallestFirst>(call, at, k);
  };
}

}  // namespace

std::span<const OpSpec> ranking_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("ArgMax", bind_arg<std::greater<>>, {.inputs = {Role::kActivation}}),
      reference_op("ArgMin", bind_arg<std::less<>>),
      reference_op("TopK", bind_top_k, {.inputs = {Role::kActivation, Role::kPlain}}),
  });
  return kOps;
}

}  // namespace qtool
