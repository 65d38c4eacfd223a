#include "tensor/quant_params.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/saturate.h"

namespace qtool {
namespace {

// A tensor as [outer, channels, inner] where each channel has parameters of its own.
struct Split {
  int64_t outer = 1;
  int64_t channels = 1;
  int64_t inner = 1;
};

Split split(const Shape& shape, const QuantParams& params) {
  if (params.block > 0) fail("quantization in blocks is not supported");
  if (params.zero_point.size() != params.scale.size())
    fail("{} scales and {} zero points do not fit together", params.scale.size(),
         params.zero_point.size());
  Split result;
  if (params.per_tensor()) {
    if (params.scale.size() != 1) fail("{} scales without an axis", params.scale.size());
    result.inner = element_count(shape);
    return result;
  }
  const auto axis = static_cast<std::size_t>(normalize_axis(params.axis, shape.size()));
  result.channels = shape[axis];
  if (result.channels != std::ssize(params.scale))
    fail("{} scales do not fit axis {} of shape {}", params.scale.size(), axis, to_string(shape));
  for (std::size_t i = 0; i < axis; ++i) result.outer *= shape[i];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) result.inner *= shape[i];
  return result;
}

// Calls `body(first, count, scale, zero_point)` for each run of elements of the same parameters.
template <class Body>
void for_each_run(const Shape& shape, const QuantParams& params, Body&& body) {
  const Split runs = split(shape, params);
  int64_t first = 0;
  for (int64_t o = 0; o < runs.outer; ++o)
    for (std::size_t c = 0; c < static_cast<std::size_t>(runs.channels); ++c) {
      body(first, runs.inner, params.scale[c], params.zero_point[c]);
      first += runs.inner;
    }
}

// Saturate for int32, whose limits float cannot hold.
class SaturateInt32 {
 public:
  explicit SaturateInt32(int32_t zero_point) : zero_point_(zero_point) {}
  int32_t operator()(float x) const {
    using Limits = std::numeric_limits<int32_t>;
    const double q = (std::isnan(x) ? 0.0 : std::nearbyint(static_cast<double>(x))) + zero_point_;
    return static_cast<int32_t>(std::clamp<double>(q, Limits::min(), Limits::max()));
  }

 private:
  int32_t zero_point_;
};

template <class T, class Rule = Saturate<T>>
void quantize_as(const Tensor& values, const QuantParams& params, Tensor& result) {
  const auto* in = values.data<float>();
  T* out = result.mutable_data<T>();
  for_each_run(values.shape(), params,
               [&](int64_t first, int64_t count, float scale, int32_t zero_point) {
                 const Rule rule(zero_point);
                 for (int64_t i = first; i < first + count; ++i) out[i] = rule(in[i] / scale);
               });
}

template <class T>
void dequantize_as(const Tensor& values, const QuantParams& params, Tensor& result) {
  // int32 less a zero point may leave int32.
  using Difference = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;
  const T* in = values.data<T>();
  auto* out = result.mutable_data<float>();
  for_each_run(values.shape(), params,
               [&](int64_t first, int64_t count, float scale, int32_t zero_point) {
                 for (int64_t i = first; i < first + count; ++i)
                   out[i] = static_cast<float>(Difference{in[i]} - zero_point) * scale;
               });
}

template <class T>
Tensor integer_tensor(const std::vector<int32_t>& values, const Shape& shape) {
  return Tensor::of<T>(shape, {values.begin(), values.end()});
}

Shape params_shape(const QuantParams& params) {
  if (params.block > 0) fail("quantization in blocks is not supported");
  if (params.per_tensor()) return {};
  return {std::ssize(params.scale)};
}

int32_t narrow(int64_t value) {
  if (value != static_cast<int32_t>(value)) fail("zero point {} is outside int32", value);
  return static_cast<int32_t>(value);
}

}  // namespace

QuantRange quant_range(DType dtype) {
  switch (dtype) {
    case DType::kUInt4:
      return {0, 15};
    case DType::kInt4:
      return {-8, 7};
    case DType::kUInt8:
      return {0, 255};
    case DType::kInt8:
      return {-128, 127};
    case DType::kUInt16:
      return {0, 65535};
    case DType::kInt16:
      return {-32768, 32767};
    case DType::kInt32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    default:
      fail("{} is not a type to quantize to", name(dtype));
  }
}

QuantParams choose_params(float min, float max, DType dtype, bool symmetric) {
  if (bits(dtype) > 16) fail("{} has no range to quantize to", name(dtype));
  const auto [qmin, qmax] = quant_range(dtype);
  min = std::min(min, 0.0f);
  max = std::max(max, 0.0f);
  const float width = symmetric ? std::max(-min, max) : max - min;
  if (!std::isfinite(min) || !std::isfinite(max) || !std::isfinite(width))
    fail("range [{}, {}] is not finite", min, max);
  const int32_t steps = symmetric ? (qmax - qmin - 1) / 2 : qmax - qmin;
  // A denormal scale has lost bits, and 0 would divide by zero.
  const float smallest = std::numeric_limits<float>::min();
  const float scale = width == 0 ? 1 : std::max(width / static_cast<float>(steps), smallest);
  if (symmetric)
    return {.dtype = dtype, .scale = {scale}, .zero_point = {qmin + (qmax - qmin + 1) / 2}};
  const float zero = std::nearbyint(static_cast<float>(qmin) - min / scale);
  const auto low = static_cast<float>(qmin), high = static_cast<float>(qmax);
  const auto zero_point = static_cast<int32_t>(std::clamp(zero, low, high));
  return {.dtype = dtype, .scale = {scale}, .zero_point = {zero_point}};
}

void quantize(const Tensor& values, const QuantParams& params, Tensor& result) {
  switch (params.dtype) {
    case DType::kUInt8:
      return quantize_as<uint8_t>(values, params, result);
    case DType::kInt8:
      return quantize_as<int8_t>(values, params, result);
    case DType::kUInt16:
      return quantize_as<uint16_t>(values, params, result);
    case DType::kInt16:
      return quantize_as<int16_t>(values, params, result);
    case DType::kInt32:
      return quantize_as<int32_t, SaturateInt32>(values, params, result);
    default:
      fail("quantizing to {} is not supported", name(params.dtype));
  }
}

Tensor quantize(const Tensor& values, const QuantParams& params) {
  Tensor result(params.dtype, values.shape());
  quantize(values, params, result);
  return result;
}

void dequantize(const Tensor& values, const QuantParams& params, Tensor& result) {
  switch (values.dtype()) {
    case DType::kUInt8:
      return dequantize_as<uint8_t>(values, params, result);
    case DType::kInt8:
      return dequantize_as<int8_t>(values, params, result);
    case DType::kUInt16:
      return dequantize_as<uint16_t>(values, params, result);
    case DType::kInt16:
      return dequantize_as<int16_t>(values, params, result);
    case DType::kInt32:
      return dequantize_as<int32_t>(values, params, result);
    default:
      fail("dequantizing {} is not supported", name(values.dtype()));
  }
}

Tensor dequantize(const Tensor& values, const QuantParams& params) {
  Tensor result(DType::kFloat32, values.shape());
  dequantize(values, params, result);
  return result;
}

Tensor scale_tensor(const QuantParams& params) {
  return Tensor::of<float>(params_shape(params), params.scale);
}

Tensor zero_point_tensor(const QuantParams& params) {
  const Shape shape = params_shape(params);
  switch (params.dtype) {
    case DType::kUInt8:
      return integer_tensor<uint8_t>(params.zero_point, shape);
    case DType::kInt8:
      return integer_tensor<int8_t>(params.zero_point, shape);
    case DType::kUInt16:
      return integer_tensor<uint16_t>(params.zero_point, shape);
    case DType::kInt16:
      return integer_tensor<int16_t>(params.zero_point, shape);
    case DType::kInt32:
      return integer_tensor<int32_t>(params.zero_point, shape);
    default:
      fail("a zero point of type {} is not supported", name(params.dtype));
  }
}

QuantParams params_from_tensors(const Tensor& scale, const Tensor* zero_point, int axis,
                                std::size_t rank) {
  if (scale.dtype() != DType::kFloat32)
    fail("a scale of type {} is not supported", name(scale.dtype()));
  if (scale.rank() > 1)
    fail("a scale of shape {} (quantization in blocks) is not supported", to_string(scale.shape()));
  QuantParams params{.scale = scale.to_vector<float>(),
                     .zero_point = std::vector<int32_t>(static_cast<std::size_t>(scale.size()))};
  if (scale.size() != 1) params.axis = normalize_axis(axis, rank);
  if (zero_point == nullptr) return params;
  if (zero_point->size() != scale.size())
    fail("zero point {} and scale {} must have the same shape", to_string(zero_point->shape()),
         to_string(scale.shape()));
  params.dtype = zero_point->dtype();
  const std::vector<int64_t> values = to_int64s(*zero_point);
  std::transform(values.begin(), values.end(), params.zero_point.begin(), narrow);
  return params;
}

}  // namespace qtool
