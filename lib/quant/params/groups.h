#pragma once

#include <map>

#include "quant/select/selection.h"

namespace qtool {

/// Values that must have the same parameters, each named by the group's first value.
///
/// A static node that only moves elements ties its output to its input. A static Concat ties its
/// output to those inputs that nobody else reads and that do not lie behind an absorbed Clip or Relu
/// which other inputs lack: the union of their ranges would not clip. The others keep finer parameters
/// of their own and are converted on the way. Formula: with a shared step s the error through a Concat is that of
/// one rounding, s²/12; with two it is (s_in² + s_out²)/12.
std::map<ValueId, ValueId> find_groups(const Graph& graph, const Selection& selection);

}  // namespace qtool
