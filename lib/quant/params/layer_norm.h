#pragma once

#include <optional>
#include <vector>

#include "calib/ranges/range.h"
#include "ir/graph.h"

namespace qtool {

/// Inputs of a normalization over the last axis that scale and shift its channels; both are constants
/// of shape [channels].
struct LayerNormInputs {
  std::size_t scale;
  std::optional<std::size_t> shift;
};

/// LayerNormalization and its relatives; nothing if the node is none or one of both is computed.
std::optional<LayerNormInputs> layer_norm_inputs(const Graph& graph, const Node& node);

/// The ranges of the channels that such a node writes: shift ± 4·|scale|, for what it scales has
/// mean 0 (but after RMSNormalization) and variance 1, and few values lie beyond four deviations.
std::vector<Range> layer_norm_channels(const Graph& graph, const Node& node);

}  // namespace qtool
