#pragma once

#include "ops/op.h"
#include "ops/types.h"

namespace qtool {

using ByteTypes = Types<uint8_t, int8_t>;
inline bool is_byte(DType dtype) { return is_one_of(ByteTypes{}, dtype); }

/// A scale as float32. Throws Error if it is not of a floating-point type of 16 or 32 bits.
Tensor float_scale(const Tensor& scale);
/// Input `index`: the scale of a whole tensor. Throws Error unless it is a single such number.
float read_scale(const KernelCall& call, std::size_t index);
/// Input `index`: the zero point of a whole tensor, 0 if it was left out. Throws Error unless it is
/// a single integer of that type.
int32_t read_zero_point(const KernelCall& call, std::size_t index, DType dtype);

/// A tensor of parameters brought to where NumPy's broadcasting takes it along an axis that has
/// `after` more axes behind it: a single entry becomes a scalar, [n] becomes [n, 1, 1…].
Tensor along_axis(const Tensor& parameters, std::size_t after);

/// x − zero_point as int32, for x of 8 bits, into `result` of x's shape. The zero point is null (0)
/// or of x's type; see along_axis for `after`. Throws Error if it does not fit.
void center(const Tensor& x, const Tensor* zero_point, std::size_t after, Tensor& result);

/// Multipliers that bring sums of products to real numbers, factor · scale[c], or to steps of the
/// output, factor · scale[c] / y_scale; from left to right in float32, as onnxruntime has it.
/// `scale` has one entry or one for each of `channels`, as the result has, along its last axis.
Tensor multipliers(KernelCall& call, float factor, const Tensor& scale, int64_t channels,
                   std::optional<float> y_scale);

}  // namespace qtool
