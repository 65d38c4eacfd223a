#pragma once

#include <vector>

#include "base/json.h"
#include "measure/quantized_weights.h"

namespace qtool {

/// The section of a page about quantized weights: for each its channels, from the smallest to the largest number
/// against what its scale can express, how uneven they are, and its histogram. Channels beside each other are
/// joined until there are few enough to be drawn (320).
Json weight_section(const std::vector<QuantizedWeight>& weights);

}  // namespace qtool
