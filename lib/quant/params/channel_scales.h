#pragma once

#include <set>
#include <span>
#include <vector>

#include "calib/ranges/range.h"
#include "quant/select/selection.h"

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

/// The static nodes that read the value, if its channels can be divided by factors before it is
/// quantized, else none: a float node writes it, so that its integers are made apart, and each of
/// these nodes has a weight of its own that takes up a factor for each channel. All are products,
/// whose channels are the last axis, or all depthwise convolutions.
std::vector<NodeId> readers_that_scale(const Graph& graph, const Selection& selection,
                                       ValueId value, const QuantOptions& options);

/// The dynamic nodes that read the value, if all of them are products with weights of their own, which
/// take up a factor for each channel; else none.
std::vector<NodeId> dynamic_readers_that_scale(const Graph& graph, const Selection& selection,
                                               ValueId value);

/// Whether the channels that such a reader scales are the value's last axis, not axis 1.
bool scales_last_axis(const Node& reader);

/// Whether such a reader is a product whose weight has its channels along axis 1, not 0.
bool reads_transposed(const Node& reader);

/// The weight of such a reader with what multiplies channel c multiplied by factors[c].
Tensor scale_channels(const Node& reader, const Tensor& weight, std::span<const float> factors);

}  // namespace qtool
