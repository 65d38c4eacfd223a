#pragma once

#include <optional>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// The affine map between real numbers and quantized ones: real = scale[c] · (q − zero_point[c]).
/// One entry for the whole tensor, one per index of `axis`, or (block > 0) one per `block` elements
/// along `axis`: row-major, in the tensor's shape but for ⌈n / block⌉ along the axis.
/// Every scale > 0; every zero point is a value of `dtype`.
struct QuantParams {
  DType dtype = DType::kUInt8;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  int axis = -1;      // −1: per tensor
  int64_t block = 0;  // 0: not blocked

  bool per_tensor() const { return axis < 0; }
  bool operator==(const QuantParams&) const = default;
};

/// Smallest and largest integer of a quantized type, e.g. {−128, 127}. Throws Error for a type that
/// has none.
struct QuantRange {
  int32_t min;
  int32_t max;
};
QuantRange quant_range(DType dtype);

/// The largest finite number of a floating-point type of 4 or 8 bits, e.g. 448 for float8e4m3fn;
/// nothing for other types.
std::optional<float> largest_number(DType dtype);

/// Parameters for real numbers in [min, max] (widened to contain 0; finite).
/// Asymmetric: scale = (max − min) / (qmax − qmin), zero_point = round(qmin − min / scale).
/// Symmetric: scale = max(|min|, |max|) / ((qmax − qmin − 1) / 2) in the type's middle, so that
/// −128 is never used in int8. In float32, rounding half to even, as DynamicQuantizeLinear; the
/// scale is at least the smallest normal float. A range of width 0 gives scale 1, and asymmetric
/// the zero point qmin.
/// reduce_range: qmin and qmax are those of one bit less, {−64, 63} for int8, {0, 127} for uint8;
/// rounding may lead an end of an asymmetric range to the integer behind.
/// Floating point of 4 and 8 bits: scale = max(|min|, |max|) / largest_number, zero point 0.
/// Throws Error for a range whose width is not finite, for types of more than 16 bits, and for
/// reduce_range with 2.
QuantParams choose_params(float min, float max, DType dtype, bool symmetric,
                          bool reduce_range = false);
/// The same as one entry of the lists in QuantParams.
struct Affine {
  float scale;
  int32_t zero_point;
  bool operator==(const Affine&) const = default;
};
Affine choose_affine(float min, float max, DType dtype, bool symmetric, bool reduce_range = false);

/// What QuantizeLinear leaves to attributes.
struct QuantizeRule {
  DType precision = DType::kFloat32;  // what x / scale is rounded to: float32, float16 or bfloat16
  bool saturate = true;               // as of Cast, for floating point of 8 bits
};

/// q = saturate(round_half_even(x / scale) + zero_point), as QuantizeLinear; for floating-point
/// types q is the nearest number to x / scale + zero_point.
/// `values` is float32; NaN becomes the zero point of integers.
/// Integers of 2 to 16 bits, int32, and floating point of 4 and 8 bits but float8e8m0.
Tensor quantize(const Tensor& values, const QuantParams& params, const QuantizeRule& rule = {});
/// The same into a tensor of that type and shape.
void quantize(const Tensor& values, const QuantParams& params, Tensor& result,
              const QuantizeRule& rule = {});
/// x = (q − zero_point) · scale, float32, as DequantizeLinear. The types of quantize();
/// params.dtype does not matter.
Tensor dequantize(const Tensor& values, const QuantParams& params);
/// The same into a float32 tensor of that shape.
void dequantize(const Tensor& values, const QuantParams& params, Tensor& result);

/// Scale as a float32 tensor and zero point as a tensor of params.dtype, as QuantizeLinear takes
/// them for a tensor of `shape`: scalars per tensor, [n] per axis, and for blocks `shape` but for
/// ⌈n / block⌉ along the axis. Only blocks need a shape.
/// Throws Error if the number of scales is not that of the blocks.
Tensor scale_tensor(const QuantParams& params, const Shape& shape = {});
Tensor zero_point_tensor(const QuantParams& params, const Shape& shape = {});
/// Back from those tensors for a tensor of `shape`, as QuantizeLinear and DequantizeLinear read
/// them. The scale is of any numeric type; the zero point may be null (all 0, dtype uint8 as ONNX
/// defaults). A single scale is per tensor; else there is one for each index of `axis`, or, with a
/// block, one for each block.
/// Throws Error if shapes do not fit or a zero point is no whole number in int32.
QuantParams params_from_tensors(const Tensor& scale, const Tensor* zero_point, int64_t axis,
                                const Shape& shape, int64_t block = 0);

}  // namespace qtool
