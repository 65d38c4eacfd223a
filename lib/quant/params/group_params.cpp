#include "quant/params/group_params.h"

#include <algorithm>

#include "ops/op.h"
#include "quant/params/useful_range.h"
#include "quant/select/rules.h"

namespace qtool {
namespace {

// What the operator that writes a value says of its range.
std::optional<std::pair<float, float>> known_range(const Graph& graph, ValueId id) {
  const NodeId producer = graph.value(id).producer;
  if (producer == NodeId::kNone) return std::nullopt;
  return quant_traits(graph.node(producer)).fixed_output;
}

// The range of a value: asked for, known from its operator, or what of the measured one matters.
Range range_of(const Graph& graph, ValueId id, const TensorRule& rule, const Ranges& ranges) {
  const Value& value = graph.value(id);
  if (rule.min) return {*rule.min, *rule.max};
  if (const auto fixed = known_range(graph, id)) return {fixed->first, fixed->second};
  const auto it = ranges.values.find(value.name);
  if (it == ranges.values.end())
    fail("there is no range for value '{}': measure it, with --calib", value.name);
  return useful_range(graph, id, it->second);
}

// What is known of a group: the union of its values' ranges, and what rules ask of any of them.
struct GroupFacts {
  Range range;
  TensorRule rule;
};

QuantParams params_of(const GroupFacts& facts, const QuantOptions& options) {
  const TensorRule& rule = facts.rule;
  const DType dtype = rule.dtype.value_or(options.activation.dtype);
  if (rule.scale)
    return {.dtype = dtype, .scale = {*rule.scale}, .zero_point = {rule.zero_point.value_or(0)}};
  return choose_params(facts.range.min, facts.range.max, dtype,
                       rule.symmetric.value_or(options.activation.symmetric));
}

}  // namespace

bool takes_measured_range(const Graph& graph, ValueId value, const QuantOptions& options) {
  const TensorRule rule = resolve_tensor_rule(graph.value(value).name, options);
  return !rule.min && !rule.scale && !known_range(graph, value);
}

std::map<ValueId, QuantParams> choose_group_params(const Graph& graph,
                                                   const std::map<ValueId, ValueId>& groups,
                                                   const Ranges& ranges,
                                                   const QuantOptions& options) {
  std::map<ValueId, GroupFacts> united;
  for (const auto& [value, group] : groups) {
    const TensorRule rule = resolve_tensor_rule(graph.value(value).name, options);
    const Range range = range_of(graph, value, rule, ranges);
    const auto [it, is_new] = united.emplace(group, GroupFacts{range, rule});
    GroupFacts& facts = it->second;
    facts.range = {std::min(facts.range.min, range.min), std::max(facts.range.max, range.max)};
    if (rule.dtype) facts.rule.dtype = rule.dtype;
    if (rule.symmetric) facts.rule.symmetric = rule.symmetric;
    if (rule.scale) facts.rule.scale = rule.scale, facts.rule.zero_point = rule.zero_point;
  }
  std::map<ValueId, QuantParams> result;
  for (const auto& entry : united) {
    const auto in_value = [&] { return fmt::format("value '{}'", graph.value(entry.first).name); };
    result[entry.first] = with_context(in_value, [&] { return params_of(entry.second, options); });
  }
  return result;
}

}  // namespace qtool
