#include "quant/params/useful_range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "ops/op.h"
#include "passes/activation.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Beyond this a sigmoid is nearer to its limit than half a step of 16 bits: e^-x < 2^-16.
constexpr float kSigmoidEnd = 11.1f;

// Where the result of a node depends on its input; nothing: everywhere.
std::optional<Range> sensitive_range(const Graph& graph, const Node& node) {
  if (is_op(node, "HardSwish")) return Range{-3, kInfinity};
  if (is_op(node, "Sigmoid")) return Range{-kSigmoidEnd, kSigmoidEnd};
  if (is_op(node, "HardSigmoid")) {  // max(0, min(1, alpha · x + beta))
    const float alpha = attribute_or<float>(node, "alpha", 0.2f);
    const float beta = attribute_or<float>(node, "beta", 0.5f);
    if (alpha > 0) return Range{-beta / alpha, (1 - beta) / alpha};
  }
  if (const auto clip = clip_range(graph, node)) return Range{clip->first, clip->second};
  return std::nullopt;
}

// The union of what the readers of a value depend on, through nodes that only move elements.
std::optional<Range> sensitive_range(const Graph& graph, const std::set<ValueId>& pinned,
                                     ValueId value) {
  const std::vector<NodeId>& readers = graph.value(value).consumers;
  if (readers.empty() || pinned.contains(value)) return std::nullopt;
  Range united{kInfinity, -kInfinity};
  for (const NodeId reader : readers) {
    const Node& node = graph.node(reader);
    const bool moves = shares_params(node) && node.outputs.size() == 1;
    const auto range =
        moves ? sensitive_range(graph, pinned, node.outputs[0]) : sensitive_range(graph, node);
    if (!range) return std::nullopt;
    united = {std::min(united.min, range->min), std::max(united.max, range->max)};
  }
  return united;
}

}  // namespace

Range useful_range(const Graph& graph, ValueId value, const Range& measured) {
  const auto range = sensitive_range(graph, pinned_values(graph), value);
  if (!range) return measured;
  const Range cut{std::clamp(measured.min, range->min, range->max),
                  std::clamp(measured.max, range->min, range->max)};
  // Zero points are rounded, so the ends of a range shift by up to half a step: where something was
  // cut off, the end must not shift inward, or all that lies outside would get a wrong result.
  const float half_step = (cut.max - cut.min) / 254 / 2;
  return {std::max(measured.min, cut.min < 0 ? cut.min - half_step : cut.min),
          std::min(measured.max, cut.max > 0 ? cut.max + half_step : cut.max)};
}

}  // namespace qtool
