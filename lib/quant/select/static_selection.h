#pragma once

#include "quant/select/selection.h"

namespace qtool {

/// The static part of select(): nodes that get static; all others stay float, with the reason.
Selection select_static(const Graph& graph, const Requests& requests, const QuantOptions& options);

}  // namespace qtool
