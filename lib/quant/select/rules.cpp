#include "quant/select/rules.h"

#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/nearest.h"
#include "ir/bodies.h"
#include "ops/op.h"
#include "quant/type_names.h"

namespace qtool {
namespace {

using Names = std::set<std::string>;

bool fits(const std::string& glob, const std::string& text) {
  return fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

// Nodes reached from the values without passing `end`, along readers or (backward) producers.
std::set<NodeId> reached(const Graph& graph, ValueId start, ValueId end, bool backward) {
  std::set<NodeId> nodes;
  std::vector<ValueId> open = {start};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (value == ValueId::kNone || value == end) continue;
    std::vector<NodeId> next = graph.value(value).consumers;
    if (backward) next = {graph.value(value).producer};
    for (const NodeId id : next) {
      if (id == NodeId::kNone || !nodes.insert(id).second) continue;
      const std::vector<ValueId>& more = backward ? graph.node(id).inputs : graph.node(id).outputs;
      open.insert(open.end(), more.begin(), more.end());
    }
  }
  return nodes;
}

// What a pattern fits among the nodes of a model.
class Matcher {
 public:
  explicit Matcher(const Graph& graph) {
    for_each_graph(graph, [&](const Graph& each) {
      graphs_.push_back(&each);
      for (const NodeId id : each.nodes()) nodes_.push_back(&each.node(id));
    });
  }

  const std::vector<const Node*>& nodes() const { return nodes_; }
  /// Throws Error if that is nothing.
  Names match(const std::string& pattern, const std::string& origin) const;

 private:
  Names matching(const std::function<bool(const Node&)>& predicate) const;
  Names between(std::string_view ends, const std::string& origin) const;
  Names find(const std::string& pattern, const std::string& origin) const;
  [[noreturn]] void refuse(const std::string& pattern, const std::string& origin) const;

  std::vector<const Graph*> graphs_;
  std::vector<const Node*> nodes_;
};

Names Matcher::matching(const std::function<bool(const Node&)>& predicate) const {
  Names names;
  for (const Node* node : nodes_)
    if (predicate(*node)) names.insert(node->name);
  return names;
}

Names Matcher::between(std::string_view ends, const std::string& origin) const {
  const std::size_t comma = ends.find(',');
  if (comma == ends.npos) fail("{} between:{}: expected two values, between:a,b", origin, ends);
  for (const Graph* graph : graphs_) {
    const ValueId from = graph->find(ends.substr(0, comma));
    const ValueId to = graph->find(ends.substr(comma + 1));
    if (from == ValueId::kNone || to == ValueId::kNone) continue;
    const std::set<NodeId> behind = reached(*graph, from, to, false);
    Names names;
    for (const NodeId id : reached(*graph, to, from, true))
      if (behind.contains(id)) names.insert(graph->node(id).name);
    return names;
  }
  fail("{} between:{}: no graph has values of both names", origin, ends);
}

Names Matcher::find(const std::string& pattern, const std::string& origin) const {
  const auto starts = [&](std::string_view prefix) { return pattern.starts_with(prefix); };
  if (starts("op:"))
    return matching(
        [glob = pattern.substr(3)](const Node& node) { return fits(glob, full_op_type(node)); });
  if (starts("re:")) {
    const re2::RE2 expression(pattern.substr(3), re2::RE2::Quiet);
    if (!expression.ok()) fail("{} '{}': {}", origin, pattern, expression.error());
    return matching([&](const Node& node) { return re2::RE2::FullMatch(node.name, expression); });
  }
  if (starts("between:")) return between(std::string_view(pattern).substr(8), origin);
  if (pattern == "first" || pattern == "last") {
    std::vector<const Node*> weighted;
    std::copy_if(nodes_.begin(), nodes_.end(), std::back_inserter(weighted),
                 [](const Node* node) { return quant_traits(*node).weight_axis != nullptr; });
    if (weighted.empty()) return {};
    return {pattern == "first" ? weighted.front()->name : weighted.back()->name};
  }
  return matching(
      [&](const Node& node) { return node.name == pattern || fits(pattern, node.name); });
}

void Matcher::refuse(const std::string& pattern, const std::string& origin) const {
  const bool by_type = pattern.starts_with("op:");
  Names known;
  for (const Node* node : nodes_) known.insert(by_type ? full_op_type(*node) : node->name);
  fail("{} '{}': no node of the model fits{}", origin, pattern,
       did_you_mean(by_type ? pattern.substr(3) : pattern, {known.begin(), known.end()}));
}

Names Matcher::match(const std::string& pattern, const std::string& origin) const {
  Names names = find(pattern, origin);
  if (names.empty()) refuse(pattern, origin);
  return names;
}

bool fits(const TensorRule& rule, const std::string& value) {
  return rule.values == value || fits(rule.values, value);
}

void apply_rule(const NodeRule& rule, NodeRequest& request) {
  const auto set = [](auto& field, const auto& wanted) {
    if (wanted) field = *wanted;
  };
  if (rule.mode) request.origin = rule.origin;
  if (rule.weight_type) request.weight.symmetric = symmetric_by_default(*rule.weight_type);
  if (rule.symmetric) request.symmetric_asked = true;
  if (rule.per_channel) request.per_channel_asked = true;
  set(request.mode, rule.mode);
  set(request.weight.dtype, rule.weight_type);
  set(request.weight.symmetric, rule.symmetric);
  set(request.weight.per_channel, rule.per_channel);
  set(request.weight.reduce_range, rule.reduce_range);
  set(request.weight.block, rule.block);
  set(request.weight.method, rule.method);
}

}  // namespace

std::map<std::string, NodeRequest> resolve_rules(const Graph& graph, const QuantOptions& options) {
  const Matcher matcher(graph);
  std::map<std::string, NodeRequest> requests;
  for (const Node* node : matcher.nodes())
    requests[node->name] = {.mode = options.mode, .weight = options.weight, .origin = ""};
  for (const NodeRule& rule : options.rules) {
    Names names;
    for (const std::string& pattern : rule.nodes) names.merge(matcher.match(pattern, rule.origin));
    for (auto& [name, request] : requests)
      if (names.contains(name) != rule.others) apply_rule(rule, request);
  }
  return requests;
}

TensorRule resolve_tensor_rule(const std::string& value, const QuantOptions& options) {
  TensorRule result;
  for (const TensorRule& rule : options.tensor_rules) {
    if (!fits(rule, value)) continue;
    if (rule.dtype) result.dtype = rule.dtype;
    if (rule.symmetric) result.symmetric = rule.symmetric;
    if (rule.min) result.min = rule.min, result.max = rule.max;
    if (rule.method) result.method = rule.method, result.parameter = rule.parameter;
    if (rule.scale) {
      result.scale = rule.scale, result.zero_point = rule.zero_point;
      result.origin = rule.origin;
    }
  }
  if (!result.zero_point) return result;
  const DType dtype = result.dtype.value_or(options.activation.dtype);
  const auto [low, high] = zero_point_range(dtype);
  if (*result.zero_point < low || *result.zero_point > high)
    fail("{} '{}': zero point {} does not fit type {}", result.origin, value, *result.zero_point,
         name(dtype));
  return result;
}

RangeChoice range_choice(const std::vector<std::string>& values, const RangeChoice& all,
                         const QuantOptions& options) {
  RangeChoice choice = all;
  ActivationScheme scheme = options.activation;
  for (const TensorRule& rule : options.tensor_rules) {
    if (std::none_of(values.begin(), values.end(), [&](const auto& v) { return fits(rule, v); }))
      continue;
    scheme.dtype = rule.dtype.value_or(scheme.dtype);
    scheme.symmetric = rule.symmetric.value_or(scheme.symmetric);
    choice.method = rule.method.value_or(choice.method);
    for (const RangeParameter& parameter : range_parameters())
      if (rule.parameter && rule.parameter->first == parameter.method)
        choice.*parameter.field = rule.parameter->second;
  }
  choice.grid = Grid::of(scheme.dtype, scheme.symmetric);
  if (choice.method == RangeMethod::kDistribution && !choice.grid.float_type)
    fail(
        "value '{}': method distribution is for float8, whose numbers lie close around 0; the even "
        "steps of {} would cut off all beyond 1.7 standard deviations",
        values.front(), name(scheme.dtype));
  return choice;
}

void check_tensor_rules(const Graph& graph, const QuantOptions& options) {
  Names computed, constants;
  for_each_graph(graph, [&](const Graph& each) {
    for (const ValueId id : each.values())
      (each.constant(id) == nullptr ? computed : constants).insert(each.value(id).name);
  });
  for (const TensorRule& rule : options.tensor_rules) {
    const auto any_fits = [&](const Names& names) {
      return std::any_of(names.begin(), names.end(),
                         [&](const std::string& name) { return fits(rule, name); });
    };
    if (any_fits(computed)) continue;
    if (any_fits(constants))
      fail("{} '{}': is constant; how weights are quantized is said of the nodes that read them",
           rule.origin, rule.values);
    fail("{} '{}': no value of the model fits{}", rule.origin, rule.values,
         did_you_mean(rule.values, {computed.begin(), computed.end()}));
  }
}

}  // namespace qtool
