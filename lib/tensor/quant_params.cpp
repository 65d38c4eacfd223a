#include "tensor/quant_params.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/convert_value.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

// The shape that the scales of a tensor in blocks must have.
Shape blocked_shape(Shape shape, int axis, int64_t block) {
  int64_t& extent = shape[static_cast<std::size_t>(axis)];
  extent = extent / block + (extent % block == 0 ? 0 : 1);
  return shape;
}

Shape params_shape(const QuantParams& params, const Shape& shape) {
  if (params.per_tensor()) return {};
  if (params.block == 0) return {std::ssize(params.scale)};
  const int axis = normalize_axis(params.axis, shape.size());
  Shape blocks = blocked_shape(shape, axis, params.block);
  if (element_count(blocks) != std::ssize(params.scale))
    fail("{} scales do not fit shape {} in blocks of {} along axis {}", params.scale.size(),
         to_string(shape), params.block, axis);
  return blocks;
}

// Smallest normal float: a denormal scale has lost bits, and 0 would divide by zero.
float scale_for(float width, float steps) {
  return width == 0 ? 1 : std::max(width / steps, std::numeric_limits<float>::min());
}

}  // namespace

QuantRange quant_range(DType dtype) {
  switch (dtype) {
    case DType::kUInt2:
      return {0, 3};
    case DType::kInt2:
      return {-2, 1};
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

std::optional<float> largest_number(DType dtype) {
  switch (dtype) {
    case DType::kFloat8E4M3FN:
      return 448.0F;
    case DType::kFloat8E4M3FNUZ:
      return 240.0F;
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
      return 57344.0F;
    case DType::kFloat4E2M1:
      return 6.0F;
    default:
      return std::nullopt;
  }
}

Affine choose_affine(float min, float max, DType dtype, bool symmetric, bool reduce_range) {
  if (bits(dtype) > 16 || (reduce_range && bits(dtype) == 2))
    fail("{} has no range to quantize to", name(dtype));
  min = std::min(min, 0.0f);
  max = std::max(max, 0.0f);
  const auto largest = largest_number(dtype);
  const float width = symmetric || largest ? std::max(-min, max) : max - min;
  if (!std::isfinite(min) || !std::isfinite(max) || !std::isfinite(width))
    fail("range [{}, {}] is not finite", min, max);
  if (largest) return {scale_for(width, *largest), 0};
  auto [qmin, qmax] = quant_range(dtype);
  if (reduce_range) qmin /= 2, qmax /= 2;
  const int32_t steps = symmetric ? (qmax - qmin - 1) / 2 : qmax - qmin;
  const float scale = scale_for(width, static_cast<float>(steps));
  if (symmetric) return {scale, qmin + (qmax - qmin + 1) / 2};
  const float zero = std::nearbyint(static_cast<float>(qmin) - min / scale);
  const auto low = static_cast<float>(qmin), high = static_cast<float>(qmax);
  return {scale, static_cast<int32_t>(std::clamp(zero, low, high))};
}

QuantParams choose_params(float min, float max, DType dtype, bool symmetric, bool reduce_range) {
  const Affine one = choose_affine(min, max, dtype, symmetric, reduce_range);
  return {.dtype = dtype, .scale = {one.scale}, .zero_point = {one.zero_point}};
}

Tensor scale_tensor(const QuantParams& params, const Shape& shape) {
  return Tensor::of<float>(params_shape(params, shape), params.scale);
}

Tensor zero_point_tensor(const QuantParams& params, const Shape& shape) {
  return cast(Tensor::of<int32_t>(params_shape(params, shape), params.zero_point), params.dtype);
}

namespace {

std::vector<int32_t> read_zero_points(const Tensor& tensor) {
  const Tensor wide = cast(tensor, DType::kFloat64);
  std::vector<int32_t> result;
  for (const double value : wide.to_vector<double>()) {
    result.push_back(convert_value<int32_t>(value));
    if (result.back() != value) fail("zero point {} is no whole number in int32", value);
  }
  return result;
}

}  // namespace

QuantParams params_from_tensors(const Tensor& scale, const Tensor* zero_point, int64_t axis,
                                const Shape& shape, int64_t block) {
  if (block < 0) fail("block_size {} is negative", block);
  QuantParams params{.scale = cast(scale, DType::kFloat32).to_vector<float>(),
                     .zero_point = std::vector<int32_t>(static_cast<std::size_t>(scale.size())),
                     .block = block};
  if (block == 0 && scale.rank() > 1)
    fail("a scale of shape {} needs a block_size", to_string(scale.shape()));
  if (block > 0 || scale.size() != 1) params.axis = normalize_axis(axis, shape.size());
  if (block > 0 && scale.shape() != blocked_shape(shape, params.axis, block))
    fail("a scale of shape {} does not fit shape {} in blocks of {} along axis {}",
         to_string(scale.shape()), to_string(shape), block, params.axis);
  if (zero_point == nullptr) return params;
  if (zero_point->size() != scale.size())
    fail("zero point {} and scale {} must have the same shape", to_string(zero_point->shape()),
         to_string(scale.shape()));
  params.dtype = zero_point->dtype();
  params.zero_point = read_zero_points(*zero_point);
  return params;
}

}  // namespace qtool
