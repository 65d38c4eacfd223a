#include <algorithm>

#include "kernels/reference/convert.h"
#include "kernels/reference/normalize.h"
#include "kernels/simd/rowwise.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/layer_norm.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "ops/with_simd.h"

// Normalizations of rows, each followed by a scale and a bias.
namespace qtool {
namespace {

namespace ref = reference;

// Statistics of each row, kept for the optional outputs.
struct RowStatistics {
  std::vector<double> mean, inverse_deviation;
};

// The rows of x [rows, inner] normalized into y.
RowStatistics standardize(bool centered, double epsilon, int64_t rows, const Tensor& x, Tensor& y) {
  const auto count = static_cast<std::size_t>(rows);
  RowStatistics statistics{std::vector<double>(count), std::vector<double>(count)};
  with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::standardize(rows, rows == 0 ? 0 : x.size() / rows, centered, epsilon, x.data<T>(),
                     y.mutable_data<T>(), statistics.mean.data(),
                     statistics.inverse_deviation.data());
  });
  return statistics;
}

bool is_asked(const KernelCall& call, int output) {
  return output >= 0 && call.output_count() > static_cast<std::size_t>(output);
}

template <class Value>
void store_statistics(KernelCall& call, int output, DType dtype, const Shape& shape,
                      const std::vector<Value>& values) {
  if (!is_asked(call, output)) return;
  Tensor& tensor = call.output(static_cast<std::size_t>(output), dtype, shape);
  with_type(Types<float, double, Half, BFloat16>{}, dtype, [&]<class T>(std::type_identity<T>) {
    ref::convert(values.data(), tensor.mutable_data<T>(), tensor.size());
  });
}

const Tensor* optional_input(const KernelCall& call, int index) {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && call.has(at) ? &call.input(at) : nullptr;
}

// The parameter if there is one for each element of a row, the same for all rows: the last axes of
// x, from `axis` on.
const float* row_parameter(const Tensor* parameter, const Shape& x, int axis) {
  if (parameter == nullptr) return nullptr;
  const Shape row(x.begin() + axis, x.end());
  return parameter->shape() == row ? parameter->data<float>() : nullptr;
}

// Rows of x (+ skip + skip_bias, into `sum`) normalized in vectors.
void simd_layer_normalize(const LayerNorm& norm, const Tensor& x, const Tensor* skip,
                          const Tensor* skip_bias, Tensor* sum, const Tensor& scale,
                          const Tensor* bias, KernelCall& call) {
  const int at = normalize_axis(norm.axis, x.rank());
  Shape shape = x.shape();
  std::fill(shape.begin() + at, shape.end(), 1);
  const int64_t rows = element_count(shape);
  std::vector<float> mean(is_asked(call, norm.mean) ? static_cast<std::size_t>(rows) : 0);
  std::vector<float> inverse(is_asked(call, norm.inverse_deviation) ? static_cast<std::size_t>(rows)
                                                                    : 0);
  Tensor& y = call.output(0, DType::kFloat32, x.shape());
  const float* row_scale = row_parameter(&scale, x.shape(), at);
  const float* row_bias = row_scale == nullptr ? nullptr : row_parameter(bias, x.shape(), at);
  simd::normalize_rows({.rows = rows,
                        .size = rows == 0 ? 0 : x.size() / rows,
                        .centered = norm.centered,
                        .epsilon = static_cast<float>(norm.epsilon),
                        .x = x.data<float>(),
                        .skip = skip == nullptr ? nullptr : skip->data<float>(),
                        .skip_bias = skip_bias == nullptr ? nullptr : skip_bias->data<float>(),
                        .scale = row_scale,
                        .bias = row_bias,
                        .sum = sum == nullptr ? nullptr : sum->mutable_data<float>(),
                        .y = y.mutable_data<float>(),
                        .mean = mean.empty() ? nullptr : mean.data(),
                        .inverse_deviation = inverse.empty() ? nullptr : inverse.data()});
  if (row_scale == nullptr) multiply_in_place(y, scale);
  if (bias != nullptr && row_bias == nullptr) add_in_place(y, *bias);
  store_statistics(call, norm.mean, norm.statistics_type, shape, mean);
  store_statistics(call, norm.inverse_deviation, norm.statistics_type, shape, inverse);
}

template <bool kVectors>
Kernel bind_layer_norm(const BindContext& context, LayerNorm norm, int bias = -1) {
  if (kVectors && context.dtype(0) != DType::kFloat32) return {};
  norm.vectors = kVectors;
  norm.epsilon = context.attribute("epsilon", 1e-5F);
  norm.axis = context.attribute<int64_t>("axis", -1);
  norm.statistics_type = static_cast<DType>(context.attribute<int64_t>("stash_type", 1));
  return [norm, bias](KernelCall& call) {
    layer_normalize(norm, call.input(0), call.input(1), optional_input(call, bias), call);
  };
}

// (X, scale, bias) → Y, mean, inverse deviation
template <bool kVectors>
Kernel bind_layer_normalization(const BindContext& context) {
  return bind_layer_norm<kVectors>(
      context, {.centered = true, .epsilon = 0, .mean = 1, .inverse_deviation = 2}, 2);
}

// (X, scale) → Y
template <bool kVectors>
Kernel bind_rms_normalization(const BindContext& context) {
  return bind_layer_norm<kVectors>(context, {.centered = false, .epsilon = 0});
}

// (X, scale) → Y, inverse deviation
template <bool kVectors>
Kernel bind_simplified(const BindContext& context) {
  return bind_layer_norm<kVectors>(context,
                                   {.centered = false, .epsilon = 0, .inverse_deviation = 1});
}

// (input, skip, gamma, [beta if centered], bias) → Y, mean, inverse deviation, input + skip + bias
template <bool kCentered>
Kernel bind_skip(const BindContext& context) {
  const LayerNorm norm = {.centered = kCentered,
                          .epsilon = context.attribute("epsilon", 1e-12F),
                          .mean = 1,
                          .inverse_deviation = 2};
  return [norm](KernelCall& call) {
    Tensor sum = call.input(0).clone();
    add_in_place(sum, call.input(1));
    if (const Tensor* bias = optional_input(call, kCentered ? 4 : 3)) add_in_place(sum, *bias);
    layer_normalize(norm, sum, call.input(2), optional_input(call, kCentered ? 3 : -1), call);
    call.set_output(3, sum);
  };
}

// Whether skip and bias lie as one pass wants them.
bool fits_rows(const Tensor& x, const Tensor& skip, const Tensor* bias) {
  return x.rank() > 0 && skip.shape() == x.shape() &&
         (bias == nullptr || bias->shape() == Shape{x.shape().back()});
}

template <bool kCentered>
Kernel bind_simd_skip(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const LayerNorm norm = {.centered = kCentered,
                          .epsilon = context.attribute("epsilon", 1e-12F),
                          .mean = 1,
                          .inverse_deviation = 2,
                          .vectors = true};
  return [norm](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& skip = call.input(1);
    const Tensor* beta = optional_input(call, kCentered ? 3 : -1);
    const Tensor* bias = optional_input(call, kCentered ? 4 : 3);
    const bool fits = fits_rows(x, skip, bias);
    Tensor sum = fits ? call.scratch(DType::kFloat32, x.shape()) : x.clone();
    if (fits) {
      simd_layer_normalize(norm, x, &skip, bias, &sum, call.input(2), beta, call);
    } else {
      add_in_place(sum, skip);
      if (bias != nullptr) add_in_place(sum, *bias);
      layer_normalize(norm, sum, call.input(2), beta, call);
    }
    call.set_output(3, sum);
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
  standardize(true, epsilon, x.dim(0) * groups, x, y);
  const int64_t inner = count == 0 ? 0 : product(x.shape(), 1, x.rank()) / count;
  Tensor by_count = y.reshaped({x.dim(0), count, inner});
  multiply_in_place(by_count, call.input(1).reshaped({count, 1}));
  add_in_place(by_count, call.input(2).reshaped({count, 1}));
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

OpSpec contrib(std::string_view op_type, BindFn simd, BindFn bind) {
  return {"com.microsoft", op_type, {{Provider::kSimd, simd}, {Provider::kReference, bind}}};
}

}  // namespace

void layer_normalize(const LayerNorm& norm, const Tensor& x, const Tensor& scale,
                     const Tensor* bias, KernelCall& call) {
  if (norm.vectors)
    return simd_layer_normalize(norm, x, nullptr, nullptr, nullptr, scale, bias, call);
  const int at = normalize_axis(norm.axis, x.rank());
  Shape statistics_shape = x.shape();
  std::fill(statistics_shape.begin() + at, statistics_shape.end(), 1);
  Tensor& y = call.output(0, x.dtype(), x.shape());
  const RowStatistics statistics =
      standardize(norm.centered, norm.epsilon, element_count(statistics_shape), x, y);
  multiply_in_place(y, scale);
  if (bias != nullptr) add_in_place(y, *bias);
  store_statistics(call, norm.mean, norm.statistics_type, statistics_shape, statistics.mean);
  store_statistics(call, norm.inverse_deviation, norm.statistics_type, statistics_shape,
                   statistics.inverse_deviation);
}

std::span<const OpSpec> layer_normalization_ops() {
  static const QuantTraits kNormalizes = {.inputs = {Role::kActivation, Role::kPlain}};
  static const std::vector<OpSpec> kOps = halves_as_float({
      with_simd(bind_layer_normalization<true>,
                reference_op("LayerNormalization", bind_layer_normalization<false>, kNormalizes)),
      with_simd(bind_rms_normalization<true>,
                reference_op("RMSNormalization", bind_rms_normalization<false>, kNormalizes)),
      with_simd(bind_simplified<true>,
                reference_op("SimplifiedLayerNormalization", bind_simplified<false>)),
      contrib("SkipLayerNormalization", bind_simd_skip<true>, bind_skip<true>),
      contrib("SkipSimplifiedLayerNormalization", bind_simd_skip<false>, bind_skip<false>),
      reference_op("GroupNormalization", bind_group_normalization, kNormalizes),
      reference_op("InstanceNormalization", bind_instance_normalization, kNormalizes),
  });
  return kOps;
}

}  // namespace qtool
