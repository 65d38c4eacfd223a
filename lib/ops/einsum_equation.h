#pragma once

#include <string_view>
#include <vector>

namespace qtool {

/// Names of a tensor's axes, outermost first: a letter's character code; kEllipsis + i is the
/// i-th axis, counted from the last, of those that "..." stands for.
using AxisLabels = std::vector<int>;
inline constexpr int kEllipsis = 256;

/// An equation of Einsum, with "..." not yet replaced by axes: it is the one label kEllipsis.
struct EinsumEquation {
  std::vector<AxisLabels> inputs;
  AxisLabels output;
};

/// Reads "ij,jk->ik". Without "->" the output has the ellipsis, then the letters that appear once,
/// in ASCII order. Throws Error if it is malformed.
EinsumEquation parse_einsum(std::string_view equation);

/// `labels` with the ellipsis standing for `count` axes.
AxisLabels expand_ellipsis(const AxisLabels& labels, int count);

}  // namespace qtool
