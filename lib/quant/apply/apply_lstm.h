#pragma once

#include <string>

#include "ir/graph.h"
#include "quant/options.h"

namespace qtool {

/// Why the node cannot become com.microsoft's DynamicQuantizeLSTM; empty if it is an LSTM that
/// can. That operator has constant matrices W [directions, 4 · H, k] and R [directions, 4 · H, H],
/// float32 throughout, and no attribute `layout`.
std::string dynamic_lstm_objection(const Graph& graph, const Node& node);

/// Parameters of W or R with the most scales that DynamicQuantizeLSTM takes: one for each direction
/// (per tensor: axis 0) or for each row of each direction (per channel: blocks of one row along
/// axis 2). Per channel they are symmetric, because runtimes take one zero point only.
QuantParams lstm_weight_params(const Tensor& weight, const WeightScheme& scheme);

/// Makes an LSTM without objection a DynamicQuantizeLSTM, which quantizes its input and its state
/// in every step, uint8, as DynamicQuantizeLinear does. `w` and `r` are parameters of 8 bits:
/// those above, or per tensor or per row for both directions. Everything else stays as it is.
/// Throws Error for other parameters, and for rows whose zero points differ.
void apply_dynamic_lstm(Model& model, NodeId id, const QuantParams& w, const QuantParams& r);

}  // namespace qtool
