#pragma once

#include "tensor/quant_params.h"

namespace qtool {

/// What decides a weight's parameters besides its elements.
struct WeightOptions {
  DType dtype = DType::kInt8;
  bool symmetric = true;
  int axis = -1;  // output channels; −1: one scale for the whole tensor
};

/// Parameters of a float32 weight by the smallest and largest element, per tensor or per index of
/// the axis. A slice of zeros only gets scale 1.
QuantParams choose_weight_params(const Tensor& weight, const WeightOptions& options);

/// Raises the scales of a weight so that a bias fits int32 at scale_x · scale_w with room for the
/// accumulator: |bias[c]| / (scale_x · scale_w[c]) ≤ 2^30. For a slice of zeros, whose scale is
/// free, it takes the smallest scale that satisfies this, so that the bias is exact to 2^-30.
/// `bias` has one element per output channel; with one scale the largest bias counts.
void fit_bias(QuantParams& params, const Tensor& weight, const Tensor& bias, float scale_x);

}  // namespace qtool
