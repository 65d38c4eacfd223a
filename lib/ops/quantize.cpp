#include "kernels/simd/quantize.h"

#include <algorithm>

#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "tensor/cast.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// Where along the input its parameters change.
struct Granularity {
  explicit Granularity(const BindContext& context)
      : axis(context.attribute<int64_t>("axis", 1)),
        block(context.attribute<int64_t>("block_size", 0)) {}
  int64_t axis;
  int64_t block;
};

DType read_dtype(const BindContext& context, std::string_view attribute) {
  const auto value = context.attribute<int64_t>(attribute, 0);
  if (value < 0 || value > static_cast<int64_t>(DType::kInt2))
    fail("{}: type {} is not known", attribute, value);
  return static_cast<DType>(value);
}

// Inputs 1 and 2 of QuantizeLinear and DequantizeLinear.
QuantParams read_params(const KernelCall& call, const Granularity& granularity) {
  const Tensor* zero_point = call.has(2) ? &call.input(2) : nullptr;
  return params_from_tensors(call.input(1), zero_point, granularity.axis, call.input(0).shape(),
                             granularity.block);
}

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }

// What x / scale is rounded to: `stated`, else the scale's type if that is floating point with a
// mantissa.
DType division_precision(DType stated, DType scale) {
  if (stated == DType::kUndefined) return is_half(scale) ? scale : DType::kFloat32;
  if (stated != DType::kFloat32 && !is_half(stated))
    fail("precision {} is not supported", name(stated));
  return stated;
}

void require_real(const Tensor& x) {
  if (x.dtype() != DType::kFloat32 && x.dtype() != DType::kInt32 && !is_half(x.dtype()))
    fail("input type {} is not supported", name(x.dtype()));
}

// In float32 what `precision` can hold of x.
Tensor rounded(const Tensor& x, DType precision) {
  return cast(cast(x, precision), DType::kFloat32);
}

Kernel bind_quantize(const BindContext& context) {
  const DType stated = read_dtype(context, "output_dtype");
  const DType precision = read_dtype(context, "precision");
  const bool saturate = context.attribute<int64_t>("saturate", 1) != 0;
  return [granularity = Granularity(context), stated, precision, saturate](KernelCall& call) {
    const Tensor& x = call.input(0);
    require_real(x);
    QuantParams params = read_params(call, granularity);
    if (call.has(2) && stated != DType::kUndefined && stated != params.dtype)
      fail("zero point of type {} does not fit output_dtype {}", name(params.dtype), name(stated));
    if (stated != DType::kUndefined) params.dtype = stated;
    const QuantizeRule rule = {division_precision(precision, call.input(1).dtype()), saturate};
    for (float& scale : params.scale)
      scale = *rounded(Tensor::scalar(scale), rule.precision).data<float>();
    quantize(rounded(x, rule.precision), params, call.output(0, params.dtype, x.shape()), rule);
  };
}

Kernel bind_dequantize(const BindContext& context) {
  const DType stated = read_dtype(context, "output_dtype");
  return [granularity = Granularity(context), stated](KernelCall& call) {
    const Tensor& x = call.input(0);
    const QuantParams params = read_params(call, granularity);
    if (call.has(2) && params.dtype != x.dtype())
      fail("zero point of type {} does not fit values of type {}", name(params.dtype),
           name(x.dtype()));
    const DType dtype = stated == DType::kUndefined ? call.input(1).dtype() : stated;
    if (dtype != DType::kFloat32 && !is_half(dtype))
      fail("output type {} is not supported", name(dtype));
    Tensor& y = call.output(0, dtype, x.shape());
    if (dtype == DType::kFloat32) return dequantize(x, params, y);
    Tensor wide = call.scratch(DType::kFloat32, x.shape());
    dequantize(x, params, wide);
    cast(wide, y);
  };
}

using NarrowTypes = Types<uint8_t, int8_t, uint16_t, int16_t>;

bool is_narrow(DType dtype) { return is_one_of(NarrowTypes{}, dtype); }

// Parameters along x as the vector kernels take them.
struct VectorParams {
  QuantParams params;
  simd::Channels channels;
};

VectorParams read_vector_params(const KernelCall& call, const Granularity& granularity) {
  const Tensor& x = call.input(0);
  const Tensor& scale = call.input(1);
  const Tensor* zero = call.has(2) ? &call.input(2) : nullptr;
  VectorParams result = {{}, {1, 1, x.size()}};
  // A single pair without the detours of the general case, which are most of the time of a small
  // tensor.
  if (scale.size() == 1 && scale.rank() <= 1 && (zero == nullptr || zero->size() == 1)) {
    result.params.scale = {*scale.data<float>()};
    result.params.zero_point = {0};
    if (zero == nullptr) return result;
    result.params.dtype = zero->dtype();
    with_type(NarrowTypes{}, zero->dtype(), [&]<class T>(std::type_identity<T>) {
      result.params.zero_point = {*zero->data<T>()};
    });
    return result;
  }
  result.params = read_params(call, granularity);
  if (result.params.per_tensor()) return result;
  const AxisSplit s = split_at(x.shape(), result.params.axis);
  if (s.axis != std::ssize(result.params.scale))
    fail("{} scales do not fit axis {} of shape {}", result.params.scale.size(), result.params.axis,
         to_string(x.shape()));
  result.channels = {s.outer, s.axis, s.inner};
  return result;
}

// Whether parameters are what the vector kernels take, so far as types say.
bool serves_params(const BindContext& context) {
  return context.dtype(1) == DType::kFloat32 && context.attribute<int64_t>("block_size", 0) == 0 &&
         (!context.has(2) || is_narrow(context.dtype(2)));
}

Kernel bind_simd_quantize(const BindContext& context) {
  const DType stated = read_dtype(context, "output_dtype");
  const DType precision = read_dtype(context, "precision");
  if (context.dtype(0) != DType::kFloat32 || !serves_params(context)) return {};
  if (precision != DType::kUndefined && precision != DType::kFloat32) return {};
  if (stated != DType::kUndefined && !is_narrow(stated)) return {};
  return [granularity = Granularity(context), stated](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto [params, channels] = read_vector_params(call, granularity);
    if (call.has(2) && stated != DType::kUndefined && stated != params.dtype)
      fail("zero point of type {} does not fit output_dtype {}", name(params.dtype), name(stated));
    Tensor& y = call.output(0, stated == DType::kUndefined ? params.dtype : stated, x.shape());
    with_type(NarrowTypes{}, y.dtype(),
              [&, &params = params, &channels = channels]<class T>(std::type_identity<T>) {
                simd::quantize(channels, params.scale.data(), params.zero_point.data(),
                               x.data<float>(), y.mutable_data<T>());
              });
  };
}

Kernel bind_simd_dequantize(const BindContext& context) {
  const DType stated = read_dtype(context, "output_dtype");
  if (!is_narrow(context.dtype(0)) || !serves_params(context)) return {};
  if (stated != DType::kUndefined && stated != DType::kFloat32) return {};
  return [granularity = Granularity(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto [params, channels] = read_vector_params(call, granularity);
    if (call.has(2) && params.dtype != x.dtype())
      fail("zero point of type {} does not fit values of type {}", name(params.dtype),
           name(x.dtype()));
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    with_type(NarrowTypes{}, x.dtype(),
              [&, &params = params, &channels = channels]<class T>(std::type_identity<T>) {
                simd::dequantize(channels, params.scale.data(), params.zero_point.data(),
                                 x.data<T>(), y.mutable_data<float>());
              });
  };
}

// Smallest and largest element, widened to contain 0. In lanes, as a vector unit works.
std::pair<float, float> range_of(const Tensor& x) {
  constexpr int64_t kLanes = 16;
  const auto* values = x.data<float>();
  float min[kLanes] = {};
  float max[kLanes] = {};
  const auto take = [&](int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const float value = values[first + i];
      min[i] = value < min[i] ? value : min[i];
      max[i] = value > max[i] ? value : max[i];
    }
  };
  const int64_t whole = x.size() / kLanes * kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) take(i, kLanes);
  take(whole, x.size() - whole);
  return {*std::min_element(min, min + kLanes), *std::max_element(max, max + kLanes)};
}

void dynamic_quantize(KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.dtype() != DType::kFloat32) fail("input type {} is not supported", name(x.dtype()));
  const auto [min, max] = range_of(x);
  const QuantParams params = choose_params(min, max, DType::kUInt8, false);
  quantize(x, params, call.output(0, DType::kUInt8, x.shape()));
  *call.output(1, DType::kFloat32, {}).mutable_data<float>() = params.scale[0];
  *call.output(2, DType::kUInt8, {}).mutable_data<uint8_t>() =
      static_cast<uint8_t>(params.zero_point[0]);
}

Kernel bind_dynamic_quantize(const BindContext&) { return dynamic_quantize; }

Kernel bind_simd_dynamic_quantize(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto [min, max] = simd::range_of(x.size(), x.data<float>());
    const Affine affine = choose_affine(min, max, DType::kUInt8, false);
    simd::quantize({1, 1, x.size()}, &affine.scale, &affine.zero_point, x.data<float>(),
                   call.output(0, DType::kUInt8, x.shape()).mutable_data<uint8_t>());
    *call.output(1, DType::kFloat32, {}).mutable_data<float>() = affine.scale;
    *call.output(2, DType::kUInt8, {}).mutable_data<uint8_t>() =
        static_cast<uint8_t>(affine.zero_point);
  };
}

}  // namespace

std::span<const OpSpec> quantize_ops() {
  static const std::vector<Binding> kQuantize = {{Provider::kSimd, bind_simd_quantize},
                                                 {Provider::kReference, bind_quantize}};
  static const std::vector<Binding> kDequantize = {{Provider::kSimd, bind_simd_dequantize},
                                                   {Provider::kReference, bind_dequantize}};
  static const std::vector<OpSpec> kOps = {
      {"", "QuantizeLinear", kQuantize},
      {"", "DequantizeLinear", kDequantize},
      {"com.microsoft", "QuantizeLinear", kQuantize},
      {"com.microsoft", "DequantizeLinear", kDequantize},
      {"",
       "DynamicQuantizeLinear",
       {{Provider::kSimd, bind_simd_dynamic_quantize},
        {Provider::kReference, bind_dynamic_quantize}}},
  };
  return kOps;
}

}  // namespace qtool
