#pragma once

#include <map>

#include "calib/ranges/range.h"
#include "ir/graph.h"
#include "quant/options.h"

namespace qtool {

/// Parameters of groups of values that share them (`groups`: the group of each value, as find_groups
/// gives them). The range of a group is the union of its values' ranges: what a rule asks for, what is
/// known from the operator, or what of the measured range matters.
/// Throws Error, naming the value, if there is no range for it, or one that does not do.
std::map<ValueId, QuantParams> choose_group_params(const Graph& graph,
                                                   const std::map<ValueId, ValueId>& groups,
                                                   const Ranges& ranges,
                                                   const QuantOptions& options);

/// Whether the range that was measured for a value decides its parameters: no rule gives others, and
/// its operator no range that is always the same.
bool takes_measured_range(const Graph& graph, ValueId value, const QuantOptions& options);

}  // namespace qtool
