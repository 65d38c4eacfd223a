#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// The axis of the channels of the node's first input whose means bias_correction takes (−1: the last);
/// nothing for operators that it does not know.
std::optional<int> means_axis(const Node& node);

/// What to add to the bias of a Conv or Gemm so that its output keeps its mean when the weight w becomes
/// the integers' ŵ: −Σ (ŵ − w) · mean, for each output channel, with the mean of the input channel
/// that the element multiplies. `means` has one element per input channel. After Nagel et al.,
/// "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, with means that
/// were measured. Padding is taken for more of the same. Empty for other
/// operators, and other numbers of means.
std::vector<float> bias_correction(const Node& node, const Tensor& weight,
                                   const QuantParams& params, std::span<const float> means);

}  // namespace qtool
