#include "quant/useful_range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "passes/activation.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Where the function of a node is not constant; nothing: everywhere.
std::optional<Range> sensitive_range(const Graph& graph, const Node& node) {
  if (is_op(node, "HardSwish")) return Range{-3, kInfinity};
  if (is_op(node, "HardSigmoid")) {  // max(0, min(1, alpha · x + beta))
    const float alpha = attribute_or<float>(node, "alpha", 0.2f);
    const float beta = attribute_or<float>(node, "beta", 0.5f);
    if (alpha > 0) return Range{-beta / alpha, (1 - beta) / alpha};
  }
  if (const auto clip = clip_range(graph, node)) return Range{clip->first, clip->second};
  return std::nullopt;
}

}  // namespace

Range useful_range(const Graph& graph, ValueId value, const Range& measured) {
  const std::vector<NodeId>& readers = graph.value(value).consumers;
  if (readers.empty() || pinned_values(graph).contains(value)) return measured;
  Range united{kInfinity, -kInfinity};
  for (const NodeId reader : readers) {
    const auto range = sensitive_range(graph, graph.node(reader));
    if (!range) return measured;
    united = {std::min(united.min, range->min), std::max(united.max, range->max)};
  }
  const Range cut{std::clamp(measured.min, united.min, united.max),
                  std::clamp(measured.max, united.min, united.max)};
  // Zero points are rounded, so the ends of a range shift by up to half a step: where something was
  // cut off, the end must not shift inward, or all that lies outside would get a wrong result.
  const float half_step = (cut.max - cut.min) / 254 / 2;
  return {std::max(measured.min, cut.min < 0 ? cut.min - half_step : cut.min),
          std::min(measured.max, cut.max > 0 ? cut.max + half_step : cut.max)};
}

}  // namespace qtool
