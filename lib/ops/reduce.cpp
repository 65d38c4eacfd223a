#include "kernels/reference/reduce.h"

#include <functional>
#include <utility>

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Strides of the result seen as the input: 0 along reduced axes.
Shape reduced_strides(const Shape& kept, const std::vector<bool>& reduced) {
  Shape strides = ref::row_major_strides(kept);
  for (std::size_t i = 0; i < strides.size(); ++i)
    if (reduced[i]) strides[i] = 0;
  return strides;
}

// Reduces input 0 over the axes of the mask.
template <template <class> class Reduction, class TypeList>
void reduce(KernelCall& call, const std::vector<bool>& reduced, bool keep_dims) {
  const Tensor& x = call.input(0);
  Shape kept = x.shape();  // with size 1 where it was reduced
  Shape shape;
  int64_t count = 1;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (reduced[i]) count *= std::exchange(kept[i], 1);
    if (!reduced[i] || keep_dims) shape.push_back(kept[i]);
  }
  Tensor& y = call.output(0, x.dtype(), shape);
  const ref::StridedLoop<2> loop(
      x.shape(), {reduced_strides(kept, reduced), ref::row_major_strides(x.shape())});
  with_type(TypeList{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::reduce<Reduction<T>>(loop, y.size(), count, x.data<T>(), y.mutable_data<T>());
  });
}

template <template <class> class Reduction, class TypeList>
Kernel bind_reduce(const BindContext& context) {
  const bool keep_dims = context.attribute<int64_t>("keepdims", 1) != 0;
  const bool noop = context.attribute<int64_t>("noop_with_empty_axes", 0) != 0;
  return [axes = IntsArgument(context, "axes", 1), keep_dims, noop](KernelCall& call) {
    const std::size_t rank = call.input(0).rank();
    const std::vector<int64_t> named = axes.read(call).value_or(std::vector<int64_t>{});
    const bool all = named.empty() && !noop;
    reduce<Reduction, TypeList>(call, all ? std::vector<bool>(rank, true) : axis_mask(named, rank),
                                keep_dims);
  };
}

// A global pooling is a reduction over the spatial axes.
template <template <class> class Reduction>
Kernel bind_global_pool(const BindContext&) {
  return [](KernelCall& call) {
    const std::size_t rank = call.input(0).rank();
    if (rank < 3) fail("input {} has no spatial axes", to_string(call.input(0).shape()));
    std::vector<bool> spatial(rank, true);
    spatial[0] = spatial[1] = false;
    reduce<Reduction, FloatTypes>(call, spatial, true);
  };
}

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

}  // namespace

std::span<const OpSpec> reduce_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("ReduceSum", bind_reduce<ref::SumOf, NumericTypes>),
      reference_op("ReduceMean", bind_reduce<ref::MeanOf, NumericTypes>),
      reference_op("ReduceMax", bind_reduce<ref::MaxOf, NumericTypes>),
      reference_op("ReduceMin", bind_reduce<ref::MinOf, NumericTypes>),
      reference_op(
          "GlobalAveragePool", bind_global_pool<ref::MeanOf>,
          {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearGlobalAveragePool"}),
      reference_op("GlobalMaxPool", bind_global_pool<ref::MaxOf>),
      reference_op("ArgMax", bind_arg<std::greater<>>),
      reference_op("ArgMin", bind_arg<std::less<>>),
  });
  return kOps;
}

}  // namespace qtool
