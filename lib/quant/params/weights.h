#pragma once

#include "quant/options.h"

namespace qtool {

/// Parameters of a weight of type float32, float16, bfloat16 or float64, finite in float32.
/// `axis` is that of the output channels, −1 if there is none; `block_axis` that of the sum (0 of
/// MatMul's [K, N], 1 of Gemm's [N, K]), −1 if the operator takes no blocks (Conv).
/// scheme.block > 0 with a block axis: parameters in blocks along it, for every index of the other
/// axes, whatever scheme.per_channel says. Else one scale per index of `axis` or for the tensor. A
/// slice of zeros only gets scale 1. Scales of a float16 or bfloat16 weight are numbers of that type.
/// Throws Error, naming the element, for one that is not finite.
QuantParams choose_weight_params(const Tensor& weight, const WeightScheme& scheme, int axis,
                                 int block_axis);

/// Raises the scales of a weight so that a bias fits int32 at scale_x · scale_w with room for the
/// accumulator: |bias[c]| / (scale_x · scale_w[c]) ≤ 2^30. For a slice of zeros, whose scale is
/// free, it takes the smallest scale that satisfies this, so that the bias is exact to 2^-30.
/// `bias` has one element per output channel; where there are fewer scales, they serve the channels in
/// turn (ConvTranspose in groups). Not for parameters in blocks.
void fit_bias(QuantParams& params, const Tensor& weight, const Tensor& bias, float scale_x);

/// Raises scales of an int8 weight with zero points 0 until two products with uint8 numbers always
/// fit int16, in which x86 without VNNI adds them (vpmaddubsw): within an output channel no two
/// positive integers add up to more than 128 = ⌊32767 / 255⌋ and no two negative ones to less than
/// −128. Any two: kernels pair elements in different orders. Only scales at which that does not hold
/// change; formula: docs/quantization.md.
/// `axis` is that of the output channels, for a single scale; −1: the whole weight is one. Where
/// channels share one of several scales, their elements count as one channel's.
/// Returns how many scales it raised.
std::size_t fit_pairs(QuantParams& params, const Tensor& weight, int axis);

}  // namespace qtool
