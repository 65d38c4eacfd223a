#pragma once

#include <string>

#include "quant/select/selection.h"

namespace qtool {

/// How a node reads a constant as integers, and what there is to say about that.
struct PlannedWeight {
  QuantParams params;
  std::string note;  // for NodePlan::note
};

/// Decides how a node of that mode reads a weight. `tensor` holds its elements as they will be
/// quantized; `x` has the parameters of the node's first input, null if it reads floats, or integers
/// whose parameters are found while running. The bias of a static node will be int32 if `int32_bias`.
/// Options for one scale for the whole tensor do not speak of weights that are only stored, nor of an
/// LSTM's: these get a scale for each channel if no rule is against it.
/// Where no rule says whether weights with a scale for each channel are symmetric, 8-bit ones that are
/// only stored are not, those of ConvInteger and of dynamic layers (LSTM, Attention), which take one
/// zero point, are, and all others are if their type is signed.
/// Throws Error for an element that is not finite.
PlannedWeight plan_weight(const Graph& graph, const WeightUse& use, const Tensor& tensor, Mode mode,
                          const NodeRequest& request, const QuantParams* x, bool int32_bias);

}  // namespace qtool
