#include "kernels/reference/reduce.h"

#include <algorithm>
#include <utility>

#include "kernels/simd/pool.h"
#include "kernels/simd/rowwise.h"
#include "ops/channels_last.h"
#include "ops/half_as_float.h"
#include "ops/integer_types.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "ops/with_simd.h"

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

// What reducing input 0 over the axes of a mask gives.
struct Reduced {
  Reduced(const Shape& x, const std::vector<bool>& reduced, bool keep_dims) : kept(x) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (reduced[i]) count *= std::exchange(kept[i], 1);
      if (!reduced[i] || keep_dims) shape.push_back(kept[i]);
    }
  }
  Shape kept;  // with size 1 where it was reduced
  Shape shape;
  int64_t count = 1;  // elements that go into each result
};

// Reduces input 0 over the axes of the mask. If `kModular`, the list's unsigned types serve the
// signed ones too.
template <template <class> class Reduction, class TypeList, bool kModular = false>
void reduce(KernelCall& call, const std::vector<bool>& reduced, bool keep_dims) {
  const Tensor& x = call.input(0);
  const Reduced r(x.shape(), reduced, keep_dims);
  Tensor& y = call.output(0, x.dtype(), r.shape);
  const ref::StridedLoop<2> loop(
      x.shape(), {reduced_strides(r.kept, reduced), ref::row_major_strides(x.shape())});
  const DType element = kModular ? unsigned_type(x.dtype()) : x.dtype();
  with_type(TypeList{}, element, [&]<class T>(std::type_identity<T>) {
    ref::reduce<Reduction<T>>(loop, y.size(), r.count, static_cast<const T*>(x.raw()),
                              static_cast<T*>(y.mutable_raw()));
  });
}

// The same in vectors where the last axes are reduced, so that rows are summed: by sum_rows, and
// divided by their length if it is the mean. Reference loops serve other axes.
template <bool kMean>
void simd_reduce(KernelCall& call, const std::vector<bool>& reduced, bool keep_dims) {
  using Floats = Types<float>;
  if (!std::is_sorted(reduced.begin(), reduced.end()))
    return kMean ? reduce<ref::MeanOf, Floats>(call, reduced, keep_dims)
                 : reduce<ref::SumOf, Floats>(call, reduced, keep_dims);
  const Tensor& x = call.input(0);
  const Reduced r(x.shape(), reduced, keep_dims);
  Tensor& y = call.output(0, DType::kFloat32, r.shape);
  auto* out = y.mutable_data<float>();
  simd::sum_rows(y.size(), r.count, x.data<float>(), out);
  for (int64_t i = 0; kMean && i < y.size(); ++i) out[i] /= static_cast<float>(r.count);
}

using Reduce = void (*)(KernelCall&, const std::vector<bool>& reduced, bool keep_dims);

template <Reduce kReduce>
Kernel bind_axes(const BindContext& context) {
  const bool keep_dims = context.attribute<int64_t>("keepdims", 1) != 0;
  const bool noop = context.attribute<int64_t>("noop_with_empty_axes", 0) != 0;
  return [axes = IntsArgument(context, "axes", 1), keep_dims, noop](KernelCall& call) {
    const std::size_t rank = call.input(0).rank();
    const std::vector<int64_t> named = axes.read(call).value_or(std::vector<int64_t>{});
    const bool all = named.empty() && !noop;
    kReduce(call, all ? std::vector<bool>(rank, true) : axis_mask(named, rank), keep_dims);
  };
}

template <template <class> class Reduction, class TypeList, bool kModular = false>
Kernel bind_reduce(const BindContext& context) {
  return bind_axes<reduce<Reduction, TypeList, kModular>>(context);
}

template <bool kMean>
Kernel bind_simd_reduce(const BindContext& context) {
  return context.dtype(0) == DType::kFloat32 ? bind_axes<simd_reduce<kMean>>(context) : Kernel{};
}

// A global pooling is a reduction over the spatial axes.
template <Reduce kReduce>
Kernel bind_spatial(const BindContext&) {
  return [](KernelCall& call) {
    const std::size_t rank = call.input(0).rank();
    if (rank < 3) fail("input {} has no spatial axes", to_string(call.input(0).shape()));
    std::vector<bool> spatial(rank, true);
    spatial[0] = spatial[1] = false;
    kReduce(call, spatial, true);
  };
}

template <template <class> class Reduction>
Kernel bind_global_pool(const BindContext& context) {
  return bind_spatial<reduce<Reduction, FloatTypes>>(context);
}

Kernel bind_simd_global_average_pool(const BindContext& context) {
  return context.dtype(0) == DType::kFloat32 ? bind_spatial<simd_reduce<true>>(context) : Kernel{};
}

// The mean over the pixels of channels-last images.
Kernel bind_simd_channels_last_average(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32 || read_layout(context) == Layout::kChannelsFirst)
    return {};
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 3) fail("input {} has no spatial axes", to_string(x.shape()));
    const int64_t pixels = product(x.shape(), 1, x.rank() - 1);
    Shape shape(x.rank(), 1);
    shape.front() = x.shape().front();
    shape.back() = x.shape().back();
    Tensor& y = call.output(0, x.dtype(), shape);
    const Window window{.rank = 1, .input = {1, 1, pixels}, .kernel = {1, 1, pixels}};
    simd::average_pool(window, shape.front(), shape.back(), &pixels, x.data<float>(),
                       y.mutable_data<float>());
  };
}

}  // namespace

std::span<const OpSpec> reduce_ops() {
  using Unsigned = Types<float, double, uint32_t, uint64_t>;
  using Wide = Types<float, double, uint32_t, uint64_t, int32_t, int64_t>;
  using Ordered = Types<float, double, uint32_t, uint64_t, int32_t, int64_t, uint8_t, int8_t, bool>;
  static const QuantTraits kReduces = {.inputs = {Role::kActivation, Role::kPlain}};
  static const std::vector<OpSpec> kOps = halves_as_float({
      with_simd(bind_simd_reduce<false>,
                reference_op("ReduceSum", bind_reduce<ref::SumOf, Unsigned, true>, kReduces)),
      reference_op("ReduceProd", bind_reduce<ref::ProdOf, Unsigned, true>),
      reference_op("ReduceSumSquare", bind_reduce<ref::SumSquareOf, Unsigned, true>),
      with_simd(bind_simd_reduce<true>,
                reference_op("ReduceMean", bind_reduce<ref::MeanOf, Wide>, kReduces)),
      reference_op("ReduceL1", bind_reduce<ref::L1Of, Wide>),
      reference_op("ReduceL2", bind_reduce<ref::L2Of, Wide>),
      reference_op("ReduceLogSum", bind_reduce<ref::LogSumOf, Wide>),
      reference_op("ReduceLogSumExp", bind_reduce<ref::LogSumExpOf, Wide>),
      reference_op("ReduceMax", bind_reduce<ref::MaxOf, Ordered>, kReduces),
      reference_op("ReduceMin", bind_reduce<ref::MinOf, Ordered>),
      with_simd(bind_simd_global_average_pool,
                reference_op("GlobalAveragePool", bind_global_pool<ref::MeanOf>,
                             {.inputs = {Role::kActivation},
                              .qoperator = "com.microsoft.QLinearGlobalAveragePool"})),
      reference_op("GlobalMaxPool", bind_global_pool<ref::MaxOf>, {.inputs = {Role::kActivation}}),
      {.domain = kInternalDomain,
       .op_type = "GlobalAveragePool",
       .bindings = {{Provider::kSimd, bind_simd_channels_last_average},
                    {Provider::kReference, bind_global_pool<ref::MeanOf>}},
       .images = {0}},
  });
  return kOps;
}

}  // namespace qtool
