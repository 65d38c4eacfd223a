#pragma once

#include <string>

#include "measure/causes.h"

namespace qtool {

/// What a page and a terminal say of a cause, without the node's name: "the weight
/// 'w' has one scale for 72 channels whose ranges differ up to 2695 times: 56 of them keep fewer than 8 integers".
std::string cause_text(const Cause& cause, const LayerError& layer,
                       const std::vector<QuantizedWeight>& weights);
/// What mends it, with the option: "quantize per channel, as without --per-tensor".
std::string mend_text(const Cause& cause, const LayerError& layer);

}  // namespace qtool
