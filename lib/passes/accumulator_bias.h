#pragma once

#include <optional>
#include <vector>

#include "passes/quantized_value.h"

namespace qtool {

// A Conv or Gemm on integers sums products whose step stands for alpha · scale_x · scale_w. A bias
// of int32 at that scale, with zero point 0, adds to the sums as it is.

/// alpha · scale_x · scale_w of the node, one or one for each output channel; alpha is Gemm's.
/// Nothing unless both scales are float32 constants, the first a single one.
std::optional<std::vector<float>> product_scales(const Graph& graph, const Node& node,
                                                 ValueId scale_x, ValueId scale_w);

/// Whether the integers add to sums of these scales as they are.
bool is_accumulator_bias(const Graph& graph, const Quantized& bias,
                         const std::vector<float>& scales);

/// A float bias, its channels along the last axis, as such integers: round(b / scale). Nothing if
/// they do not leave room for the products, |b| ≤ 2^30 · scale, or if a step is more than a quarter
/// of `output_step`, so that rounding could be seen in the result.
std::optional<Tensor> quantize_bias(const Tensor& bias, const std::vector<float>& scales,
                                    float output_step);

/// The axis of the channels in the integers of a bias of that type: none for a single scale,
/// expressed as −1; nothing if scales and type do not fit.
std::optional<int> bias_axis(const ValueType& bias, std::size_t scales);

}  // namespace qtool
