#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// The affine map between real numbers and integers: real = scale[c] · (q − zero_point[c]).
/// One entry for the whole tensor, one per index of `axis`, or (block > 0) one per `block` elements
/// along `axis`. Every scale > 0; every zero point is a value of `dtype`.
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

/// Parameters for real numbers in [min, max] (widened to contain 0; finite).
/// Asymmetric: scale = (max − min) / (qmax − qmin), zero_point = round(qmin − min / scale).
/// Symmetric: scale = max(|min|, |max|) / ((qmax − qmin − 1) / 2) in the type's middle, so that
/// −128 is never used in int8. A range of width 0 gives scale 1.
QuantParams choose_params(float min, float max, DType dtype, bool symmetric);

/// q = saturate(round_half_even(x / scale) + zero_point), as QuantizeLinear.
/// `values` is float32; NaN becomes the zero point.
Tensor quantize(const Tensor& values, const QuantParams& params);
/// x = (q − zero_point) · scale, float32, as DequantizeLinear.
Tensor dequantize(const Tensor& values, const QuantParams& params);

/// Scale as a float32 tensor and zero point as a tensor of params.dtype: scalars per tensor, else
/// of shape [n]. What QuantizeLinear takes.
Tensor scale_tensor(const QuantParams& params);
Tensor zero_point_tensor(const QuantParams& params);
/// Back from those tensors; zero_point may be null (all 0, dtype uint8 as ONNX defaults).
QuantParams params_from_tensors(const Tensor& scale, const Tensor* zero_point, int axis,
                                std::size_t rank);

}  // namespace qtool
