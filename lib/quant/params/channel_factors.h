#pragma once

#include <map>
#include <vector>

#include "calib/ranges/range.h"
#include "quant/select/selection.h"

namespace qtool {

/// Factors by value: its channels are divided by them before it is quantized.
using ChannelFactors = std::map<ValueId, std::vector<float>>;

/// Factors for the channels of the values that static nodes read and that can have some; changes
/// their parameters, by value, to those that go with them.
ChannelFactors choose_channel_factors(const Graph& graph, const Selection& selection,
                                      const Ranges& ranges, const QuantOptions& options,
                                      std::map<ValueId, QuantParams>& params);

/// Factors for values that dynamic products read: no range of these is measured, but what a
/// normalization writes is known well enough. None for what a body captures: there it may have other
/// readers.
ChannelFactors choose_dynamic_factors(const Graph& graph, const Selection& selection,
                                      const QuantOptions& options);

/// The weight as it will be quantized: with the factors of the channels that its reader reads.
Tensor effective_weight(const Graph& graph, const Selection& selection, const WeightUse& use,
                        const ChannelFactors& factors);

}  // namespace qtool
