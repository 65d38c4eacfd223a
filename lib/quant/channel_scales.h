#pragma once

#include <set>
#include <span>
#include <vector>

#include "calib/statistics.h"
#include "quant/selection.h"

namespace qtool {

/// A scale for each channel and one zero point for all.
struct ChannelScales {
  std::vector<float> scale;
  int32_t zero_point = 0;
};

/// The smallest scales that let every channel's range fit with a common zero point z:
/// scale[c] = max(max[c] / (qmax − z), −min[c] / (z − qmin)), and the z that minimises the sum over
/// channels of (scale[c] / width[c])², the error relative to what the channel holds. A channel
/// without width gets the largest scale.
ChannelScales choose_channel_scales(std::span<const Range> channels, DType dtype);

/// The depthwise convolutions that read the value, if channels of it can have scales of their own at
/// no cost, else none: a float node writes it, so that QuantizeLinear stands alone and may take a
/// scale for each channel, and only static depthwise convolutions read it, whose weights take up one
/// factor for each channel.
std::vector<NodeId> readers_that_scale(const Graph& graph, const Selection& selection,
                                       ValueId value, const QuantOptions& options);

/// A weight [C, …] with slice c multiplied by factors[c].
Tensor scale_slices(const Tensor& weight, std::span<const float> factors);

}  // namespace qtool
