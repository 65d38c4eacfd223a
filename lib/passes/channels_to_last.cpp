// Before      y = Conv(x, w)                     also FusedConv, QLinearConv, ConvInteger, and behind
//                                                them MaxPool, AveragePool, GlobalAveragePool
// After       x' = Transpose(x) {perm=[0, 2, 3, 1]}
//             y' = qtool.internal.FusedConv(x', w) {channels_last=1}
//             y  = Transpose(y') {perm=[0, 3, 1, 2]}
//             What follows takes y' instead of y as long as it can: operators on elements and on an axis
//             of which the twins are known, constants being transposed here; a Transpose by [0, 2, 3, 1]
//             is gone; of what DynamicQuantizeLinear gives the first is an image. y itself is made only
//             for those that cannot, for outputs and for captured names.
// Conditions  The rank is known from the weight or from what was there before. For the runtime only.
#include "passes/channels_to_last.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "ops/channels_last.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

// What becomes of an operator whose images come channels-last.
enum class Kind : uint8_t {
  kConv,         // starts: its input is transposed if it has to be
  kPool,         // goes on, as a channels_last node
  kElementwise,  // goes on as it is
  kAxis,         // goes on with another attribute "axis"
  kQuantize,     // likewise, unless it has one scale for all
};

struct Rule {
  std::string_view op_type;  // as full_op_type has it
  Kind kind;
};

constexpr auto kRules = std::to_array<Rule>({
    {"Conv", Kind::kConv},
    {"qtool.internal.FusedConv", Kind::kConv},
    {"QLinearConv", Kind::kConv},
    {"ConvInteger", Kind::kConv},
    {"qtool.internal.ConvIntegerToFloat", Kind::kConv},
    {"MaxPool", Kind::kPool},
    {"AveragePool", Kind::kPool},
    {"GlobalAveragePool", Kind::kPool},
    {"com.microsoft.QLinearAveragePool", Kind::kPool},
    {"com.microsoft.QLinearGlobalAveragePool", Kind::kPool},
    {"QuantizeLinear", Kind::kQuantize},
    {"DequantizeLinear", Kind::kQuantize},
    {"Concat", Kind::kAxis},
    {"com.microsoft.QLinearConcat", Kind::kAxis},
    {"Abs", Kind::kElementwise},
    {"Add", Kind::kElementwise},
    {"Cast", Kind::kElementwise},
    {"Ceil", Kind::kElementwise},
    {"Clip", Kind::kElementwise},
    {"Div", Kind::kElementwise},
    {"DynamicQuantizeLinear", Kind::kElementwise},
    {"Elu", Kind::kElementwise},
    {"Erf", Kind::kElementwise},
    {"Exp", Kind::kElementwise},
    {"Floor", Kind::kElementwise},
    {"Gelu", Kind::kElementwise},
    {"HardSigmoid", Kind::kElementwise},
    {"HardSwish", Kind::kElementwise},
    {"Identity", Kind::kElementwise},
    {"LeakyRelu", Kind::kElementwise},
    {"Log", Kind::kElementwise},
    {"Max", Kind::kElementwise},
    {"Min", Kind::kElementwise},
    {"Mish", Kind::kElementwise},
    {"Mul", Kind::kElementwise},
    {"Neg", Kind::kElementwise},
    {"PRelu", Kind::kElementwise},
    {"Pow", Kind::kElementwise},
    {"Reciprocal", Kind::kElementwise},
    {"Relu", Kind::kElementwise},
    {"Selu", Kind::kElementwise},
    {"Sigmoid", Kind::kElementwise},
    {"Softplus", Kind::kElementwise},
    {"Softsign", Kind::kElementwise},
    {"Sqrt", Kind::kElementwise},
    {"Sub", Kind::kElementwise},
    {"Sum", Kind::kElementwise},
    {"Tanh", Kind::kElementwise},
    {"com.microsoft.QLinearAdd", Kind::kElementwise},
    {"com.microsoft.QLinearMul", Kind::kElementwise},
    {"com.microsoft.QLinearLeakyRelu", Kind::kElementwise},
    {"com.microsoft.QLinearSigmoid", Kind::kElementwise},
});

const Rule* find_rule(const Node& node) {
  const std::string op_type = full_op_type(node);
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [&](const Rule& r) { return r.op_type == op_type; });
  return rule == kRules.end() ? nullptr : &*rule;
}

// Whether an input holds an image, or what is broadcast to one.
bool is_image_input(const Node& node, const Rule& rule, std::size_t index) {
  if (rule.kind == Kind::kConv) return index == 0 || (index == 3 && node.op_type == "FusedConv");
  if (rule.kind == Kind::kPool || rule.kind == Kind::kQuantize) return index == 0;
  return true;
}

ValueType type_of_last(ValueType type) {
  if (type.shape && type.shape->size() > 2)
    std::rotate(type.shape->begin() + 1, type.shape->begin() + 2, type.shape->end());
  return type;
}

bool has_one_element(const Value& value) {
  if (value.constant) return value.constant.tensor->size() == 1;
  const auto shape = static_shape(value.type);
  return shape && element_count(*shape) == 1;
}

// The channels-last twins of values.
class Mover {
 public:
  explicit Mover(Graph& graph) : graph_(graph), pinned_(pinned_values(graph)) {}

  bool run() {
    bool changed = false;
    for (const NodeId id : graph_.nodes()) {
      const bool moved = move(id);
      changed |= moved;
      if (moved) continue;
      const std::vector<ValueId> inputs = graph_.node(id).inputs;
      std::for_each(inputs.begin(), inputs.end(), [&](ValueId input) { bring_back(input); });
      learn(graph_.node(id));
    }
    std::for_each(pinned_.begin(), pinned_.end(), [&](ValueId value) { bring_back(value); });
    return changed;
  }

 private:
  struct Twin {
    ValueId id;
    std::size_t rank;
  };

  const Twin* find(ValueId value) const {
    const auto twin = twins_.find(value);
    return twin == twins_.end() ? nullptr : &twin->second;
  }

  // What the model itself transposes to channels-first was channels-last before.
  void learn(const Node& node) {
    const auto* perm = find_attribute<std::vector<int64_t>>(node, "perm");
    if (is_op(node, "Transpose") && perm != nullptr && perm->size() > 2 &&
        *perm == perm_to_channels_first(perm->size()))
      twins_[node.outputs[0]] = {node.inputs[0], perm->size()};
  }

  // Makes a value that only its twin is left of.
  void bring_back(ValueId value) {
    const Twin* twin = value == ValueId::kNone ? nullptr : find(value);
    if (twin == nullptr || graph_.value(value).producer != NodeId::kNone ||
        graph_.is_input(value) || graph_.constant(value) != nullptr)
      return;
    add_transpose(twin->id, value, perm_to_channels_first(twin->rank));
  }

  void add_transpose(ValueId from, ValueId to, std::vector<int64_t> perm) {
    Node node{.op_type = "Transpose", .inputs = {from}, .outputs = {to}};
    set_attribute(node, "perm", std::move(perm));
    graph_.add_node(std::move(node));
  }

  ValueId add_twin(ValueId value, std::size_t rank) {
    const Value& first = graph_.value(value);
    const std::string name = graph_.unique_name(first.name + "_channels_last");
    const ValueId id = graph_.add_value(name, type_of_last(first.type));
    twins_[value] = {id, rank};
    return id;
  }

  // The twin of an input that can_follow; constants that are broadcast have the rank's axes in front.
  ValueId last(ValueId value, std::size_t rank) {
    if (const Twin* twin = find(value)) return twin->id;
    if (const Tensor* constant = graph_.constant(value)) {
      if (constant->size() == 1) return value;
      const std::string name = graph_.unique_name(graph_.value(value).name + "_channels_last");
      const ValueId id = graph_.add_constant(name, Constant(transposed(*constant, rank)));
      twins_[value] = {id, rank};
      return id;
    }
    if (has_one_element(graph_.value(value))) return value;
    const ValueId id = add_twin(value, rank);
    add_transpose(value, id, perm_to_channels_last(rank));
    return id;
  }

  static Tensor transposed(const Tensor& constant, std::size_t rank) {
    Shape shape = constant.shape();
    shape.insert(shape.begin(), rank - shape.size(), 1);
    return channels_last_copy(constant.reshaped(std::move(shape)));
  }

  bool can_follow(ValueId value, std::size_t rank) const {
    if (value == ValueId::kNone) return true;
    const Value& v = graph_.value(value);
    if (const Twin* twin = find(value)) return twin->rank == rank;
    if (v.constant)
      return v.constant.tensor->rank() <= rank && bits(v.constant.tensor->dtype()) >= 8;
    return has_one_element(v) || (v.type.shape && v.type.shape->size() == rank);
  }

  // The rank of the node's images, if they are known and at least one of them is there channels-last,
  // or the node starts with it.
  std::optional<std::size_t> rank_of(const Node& node, const Rule& rule) const {
    std::optional<std::size_t> rank;
    for (std::size_t i = 0; i < node.inputs.size() && !rank; ++i)
      if (const Twin* twin = find(node.inputs[i]); twin != nullptr && is_image_input(node, rule, i))
        rank = twin->rank;
    if (rank || rule.kind != Kind::kConv) return rank;
    const auto weight = input_of(node, node.op_type == "QLinearConv" ? 3 : 1);
    if (weight == ValueId::kNone || !graph_.value(weight).type.shape) return std::nullopt;
    const std::size_t weight_rank = graph_.value(weight).type.shape->size();
    return weight_rank > 2 ? std::optional(weight_rank) : std::nullopt;
  }

  bool can_move(const Node& node, const Rule& rule, std::size_t rank) const {
    const bool has_one_image = node.outputs.size() == 1 || node.op_type == "DynamicQuantizeLinear";
    if (!has_one_image || attribute_or<int64_t>(node, "channels_last", 0) != 0) return false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const bool starts = rule.kind == Kind::kConv && i == 0;  // its rank is that of the weight
      if (is_image_input(node, rule, i) && !starts && !can_follow(node.inputs[i], rank))
        return false;
    }
    return rule.kind != Kind::kQuantize || attribute_or<int64_t>(node, "block_size", 0) == 0;
  }

  // A Transpose of the model itself that makes what is there already.
  bool replace_by_twin(NodeId id) {
    const Node& node = graph_.node(id);
    const Twin* twin = is_op(node, "Transpose") ? find(node.inputs[0]) : nullptr;
    if (twin == nullptr || pinned_.contains(node.outputs[0])) return false;
    const auto* perm = find_attribute<std::vector<int64_t>>(node, "perm");
    if (perm == nullptr || *perm != perm_to_channels_last(twin->rank)) return false;
    const ValueId output = node.outputs[0];
    graph_.remove_node(id);
    graph_.replace_uses(output, twin->id);
    return true;
  }

  bool move(NodeId id) {
    if (replace_by_twin(id)) return true;
    const Rule* rule = find_rule(graph_.node(id));
    if (rule == nullptr) return false;
    const auto rank = rank_of(graph_.node(id), *rule);
    if (!rank || !can_move(graph_.node(id), *rule, *rank)) return false;
    std::vector<ValueId> inputs = graph_.node(id).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == ValueId::kNone) continue;
      if (is_image_input(graph_.node(id), *rule, i))
        inputs[i] = last(inputs[i], *rank);
      else
        bring_back(inputs[i]);
    }
    graph_.set_inputs(id, std::move(inputs));
    const ValueId output = graph_.node(id).outputs[0];
    graph_.set_output(id, 0, add_twin(output, *rank));
    rename(graph_.mutable_node(id), rule->kind, *rank);
    return true;
  }

  static void rename(Node& node, Kind kind, std::size_t rank) {
    if (kind == Kind::kConv || kind == Kind::kPool) {
      set_attribute(node, "channels_last", int64_t{1});
      if (node.domain.empty()) node.domain = kInternalDomain;
      if (node.op_type == "Conv") node.op_type = "FusedConv";
    } else if (kind == Kind::kAxis || kind == Kind::kQuantize) {
      const auto axis = attribute_or<int64_t>(node, "axis", 1);
      set_attribute(node, "axis", int64_t{axis_in(Layout::kChannelsLast, axis, rank)});
    }
  }

  Graph& graph_;
  std::set<ValueId> pinned_;
  std::map<ValueId, Twin> twins_;
};

}  // namespace

std::vector<int64_t> perm_to_channels_last(std::size_t rank) {
  std::vector<int64_t> perm = {0};
  for (std::size_t i = 2; i < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  perm.push_back(1);
  return perm;
}

std::vector<int64_t> perm_to_channels_first(std::size_t rank) {
  std::vector<int64_t> perm = {0, static_cast<int64_t>(rank) - 1};
  for (std::size_t i = 1; i + 1 < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  return perm;
}

bool channels_to_last(Model& model) { return Mover(model.graph).run(); }

}  // namespace qtool
