#include <algorithm>

#include "kernels/reference/binary.h"
#include "kernels/reference/convert.h"
#include "kernels/reference/elementwise.h"
#include "kernels/reference/normalize.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

// Normalizations of rows, each followed by a scale and a bias.
namespace qtool {
namespace {

namespace ref = reference;

// How rows are normalized.
struct RowNorm {
  bool centered;  // mean 0 and variance 1, else mean square 1
  double epsilon;
};

// Statistics of each row, kept for the optional outputs.
struct RowStatistics {
  std::vector<double> mean, inverse_deviation;
};

// The rows of x [rows, inner] normalized into y.
RowStatistics standardize(const RowNorm& norm, int64_t rows, const Tensor& x, Tensor& y) {
  const auto count = static_cast<std::size_t>(rows);
  RowStatistics statistics{std::vector<double>(count), std::vector<double>(count)};
  with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::standardize(rows, rows == 0 ? 0 : x.size() / rows, norm.centered, norm.epsilon,
                     x.data<T>(), y.mutable_data<T>(), statistics.mean.data(),
                     statistics.inverse_deviation.data());
  });
  return statistics;
}

// y = y op parameter, where y and the parameter are seen in these shapes.
template <class Op>
void combine(Tensor& y, const Shape& y_shape, const Tensor& parameter, const Shape& shape) {
  require_same_type(y, parameter);
  if (shape.size() > y_shape.size() || broadcast_shape(y_shape, shape) != y_shape)
    fail("scale or bias {} cannot be broadcast to {}", to_string(parameter.shape()),
         to_string(y.shape()));
  const Shape own = ref::row_major_strides(y_shape);
  const ref::StridedLoop<3> loop(y_shape, {own, own, ref::broadcast_strides(shape, y_shape)});
  with_type(FloatTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
    T* data = y.mutable_data<T>();
    ref::zip(loop, data, data, parameter.data<T>(), Op{});
  });
}

// y · scale + bias, both broadcast to y. `bias` may be null.
void scale_and_shift(Tensor& y, const Tensor& scale, const Tensor* bias) {
  combine<ref::Mul>(y, y.shape(), scale, scale.shape());
  if (bias != nullptr) combine<ref::Add>(y, y.shape(), *bias, bias->shape());
}

// Where a node has its operands. -1: nowhere.
struct LayerNormNode {
  RowNorm norm;
  int64_t axis = -1;  // the first one that is normalized
  int bias = -1;
  int mean = -1;  // outputs
  int inverse_deviation = -1;
  DType statistics_type = DType::kFloat32;
};

void store_statistics(KernelCall& call, int output, DType dtype, const Shape& shape,
                      const std::vector<double>& values) {
  if (output < 0 || call.output_count() <= static_cast<std::size_t>(output)) return;
  Tensor& tensor = call.output(static_cast<std::size_t>(output), dtype, shape);
  with_type(Types<float, double, Half, BFloat16>{}, dtype, [&]<class T>(std::type_identity<T>) {
    ref::convert(values.data(), tensor.mutable_data<T>(), tensor.size());
  });
}

// Normalizes x, which is input 0 or the sum of several, into output 0.
void layer_normalize(const LayerNormNode& node, const Tensor& x, const Tensor& scale,
                     const Tensor* bias, KernelCall& call) {
  const int at = normalize_axis(node.axis, x.rank());
  Shape statistics_shape = x.shape();
  std::fill(statistics_shape.begin() + at, statistics_shape.end(), 1);
  Tensor& y = call.output(0, x.dtype(), x.shape());
  const RowStatistics statistics = standardize(node.norm, element_count(statistics_shape), x, y);
  scale_and_shift(y, scale, bias);
  store_statistics(call, node.mean, node.statistics_type, statistics_shape, statistics.mean);
  store_statistics(call, node.inverse_deviation, node.statistics_type, statistics_shape,
                   statistics.inverse_deviation);
}

const Tensor* optional_input(const KernelCall& call, int index) {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && call.has(at) ? &call.input(at) : nullptr;
}

Kernel bind_layer_norm(const BindContext& context, LayerNormNode node) {
  node.norm.epsilon = context.attribute("epsilon", 1e-5F);
  node.axis = context.attribute<int64_t>("axis", -1);
  node.statistics_type = static_cast<DType>(context.attribute<int64_t>("stash_type", 1));
  return [node](KernelCall& call) {
    layer_normalize(node, call.input(0), call.input(1), optional_input(call, node.bias), call);
  };
}

// (X, scale, bias) → Y, mean, inverse deviation
Kernel bind_layer_normalization(const BindContext& context) {
  return bind_layer_norm(
      context,
      {.norm = {.centered = true, .epsilon = 0}, .bias = 2, .mean = 1, .inverse_deviation = 2});
}

// (X, scale) → Y
Kernel bind_rms_normalization(const BindContext& context) {
  return bind_layer_norm(context, {.norm = {.centered = false, .epsilon = 0}});
}

// (X, scale) → Y, inverse deviation
Kernel bind_simplified(const BindContext& context) {
  return bind_layer_norm(context,
                         {.norm = {.centered = false, .epsilon = 0}, .inverse_deviation = 1});
}

// x = x + addend, broadcast to x.
void add_to(Tensor& x, const Tensor& addend) {
  combine<ref::Add>(x, x.shape(), addend, addend.shape());
}

// (input, skip, gamma, [beta if centered], bias) → Y, mean, inverse deviation, input + skip + bias
template <bool kCentered>
Kernel bind_skip(const BindContext& context) {
  const LayerNormNode node = {.norm = {kCentered, context.attribute("epsilon", 1e-12F)},
                              .bias = kCentered ? 3 : -1,
                              .mean = 1,
                              .inverse_deviation = 2};
  return [node](KernelCall& call) {
    const Tensor& input = call.input(0);
    Tensor& sum = call.output(3, input.dtype(), input.shape());
    std::copy_n(static_cast<const std::byte*>(input.raw()), input.bytes(),
                static_cast<std::byte*>(sum.mutable_raw()));
    add_to(sum, call.input(1));
    if (const Tensor* bias = optional_input(call, kCentered ? 4 : 3)) add_to(sum, *bias);
    layer_normalize(node, sum, call.input(2), optional_input(call, node.bias), call);
  };
}

// Groups of channels of x [batch, channels, ...] normalized together, then (scale, bias) of which
// there is one for every channel or one for every group.
void group_normalize(int64_t groups, double epsilon, bool scale_groups, KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.rank() < 2) fail("input {} has no channel axis", to_string(x.shape()));
  const int64_t channels = x.dim(1);
  if (groups < 0 || (groups == 0 ? channels > 0 : channels % groups != 0))
    fail("{} channels cannot be parted into {} groups", channels, groups);
  const int64_t count = scale_groups ? groups : channels;
  for (const std::size_t i : {1, 2})
    if (call.input(i).shape() != Shape{count})
      fail("input {} of shape {} must be [{}]", i, to_string(call.input(i).shape()), count);
  Tensor& y = call.output(0, x.dtype(), x.shape());
  standardize({true, epsilon}, x.dim(0) * groups, x, y);
  const int64_t inner = count == 0 ? 0 : product(x.shape(), 1, x.rank()) / count;
  const Shape seen = {x.dim(0), count, inner};
  combine<ref::Mul>(y, seen, call.input(1), {count, 1});
  combine<ref::Add>(y, seen, call.input(2), {count, 1});
}

// Before opset 21 scale and bias are given for each group.
Kernel bind_group_normalization(const BindContext& context) {
  const int64_t groups = context.attribute<int64_t>("num_groups", 0);
  if (groups < 1) fail("attribute 'num_groups' must be positive");
  return [groups, epsilon = context.attribute("epsilon", 1e-5F), scale_groups = context.opset < 21](
             KernelCall& call) { group_normalize(groups, epsilon, scale_groups, call); };
}

// Every channel is a group.
Kernel bind_instance_normalization(const BindContext& context) {
  return [epsilon = context.attribute("epsilon", 1e-5F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    group_normalize(x.rank() < 2 ? 1 : x.dim(1), epsilon, false, call);
  };
}

OpSpec contrib(std::string_view op_type, BindFn bind) {
  return {"com.microsoft", op_type, {{Provider::kReference, bind}}};
}

}  // namespace

std::span<const OpSpec> layer_normalization_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("LayerNormalization", bind_layer_normalization),
      reference_op("RMSNormalization", bind_rms_normalization),
      reference_op("SimplifiedLayerNormalization", bind_simplified),
      contrib("SkipLayerNormalization", bind_skip<true>),
      contrib("SkipSimplifiedLayerNormalization", bind_skip<false>),
      reference_op("GroupNormalization", bind_group_normalization),
      reference_op("InstanceNormalization", bind_instance_normalization),
  });
  return kOps;
}

}  // namespace qtool
