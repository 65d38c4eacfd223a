#include "quant/apply/apply_float16.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "onnx_io/formal_types.h"
#include "passes/rewrite.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

constexpr std::array<std::string_view, 5> kConverters = {
    "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"};

constexpr float kLargest = 65504, kSmallest = 0x1p-24F;  // float16 numbers

// Which inputs and outputs of a node are float16 when it computes in that.
struct HalfSlots {
  std::vector<bool> inputs;
  std::vector<bool> outputs;
};

bool is_float(const Graph& graph, ValueId value) {
  return value != ValueId::kNone && graph.value(value).type.dtype == DType::kFloat32;
}

bool may_be_half(const Graph& graph, ValueId value, const FormalType& type) {
  return is_float(graph, value) && type.tensors.contains(DType::kFloat16);
}

bool any(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), true) != flags.end();
}

HalfSlots half_slots(const Graph& graph, const Node& node, const FormalTypes& types) {
  HalfSlots slots;
  std::set<std::string> parameters;  // of float16 inputs
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    slots.inputs.push_back(may_be_half(graph, node.inputs[i], types.inputs[i]));
    if (slots.inputs[i]) parameters.insert(types.inputs[i].parameter);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    slots.outputs.push_back(may_be_half(graph, node.outputs[i], types.outputs[i]) &&
                            parameters.contains(types.outputs[i].parameter));
  return slots;
}

bool has_subgraph(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& a) {
    return std::holds_alternative<std::shared_ptr<const Graph>>(a.value);
  });
}

bool types_are_known(const Graph& graph, const std::vector<ValueId>& values) {
  return std::all_of(values.begin(), values.end(), [&](ValueId value) {
    return value == ValueId::kNone || graph.value(value).type.dtype != DType::kUndefined;
  });
}

class HalfApplier {
 public:
  HalfApplier(Model& model, const std::set<NodeId>& nodes);
  void run();

 private:
  bool is_read_as_half_only(ValueId value) const;
  void write_half(NodeId id, std::size_t index);
  ValueId half_of(ValueId value);
  ValueId add_half(ValueId value);
  void add_cast(ValueId from, ValueId to, DType dtype, const std::string& name);

  Graph& graph_;
  const std::set<ValueId> pinned_;
  std::map<NodeId, HalfSlots> slots_;
  std::vector<NodeId> order_;          // of the nodes to change
  std::map<ValueId, ValueId> halves_;  // by the float32 value
};

HalfApplier::HalfApplier(Model& model, const std::set<NodeId>& nodes)
    : graph_(model.graph), pinned_(pinned_values(graph_)) {
  for (const NodeId id : graph_.nodes()) {
    if (!nodes.contains(id)) continue;
    const Node& node = graph_.node(id);
    if (const std::string reason = float16_objection(model, graph_, node); !reason.empty())
      fail("{} cannot compute in float16: {}", describe(graph_, node), reason);
    order_.push_back(id);
    slots_.emplace(
        id, half_slots(graph_, node, *formal_types(node, opset_version(model, node.domain))));
  }
}

bool HalfApplier::is_read_as_half_only(ValueId value) const {
  if (pinned_.contains(value)) return false;
  for (const NodeId reader : graph_.value(value).consumers) {
    const auto slots = slots_.find(reader);
    if (slots == slots_.end()) return false;
    const std::vector<ValueId>& inputs = graph_.node(reader).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] == value && !slots->second.inputs[i]) return false;
  }
  return true;
}

// A float16 value named after a float32 one.
ValueId HalfApplier::add_half(ValueId value) {
  ValueType type = graph_.value(value).type;
  type.dtype = DType::kFloat16;
  return graph_.add_value(graph_.unique_name(graph_.value(value).name + "_float16"), type);
}

void HalfApplier::add_cast(ValueId from, ValueId to, DType dtype, const std::string& name) {
  graph_.add_node({.op_type = "Cast",
                   .name = name,
                   .inputs = {from},
                   .outputs = {to},
                   .attributes = {{"to", static_cast<int64_t>(dtype), {}}}});
}

void HalfApplier::write_half(NodeId id, std::size_t index) {
  const ValueId value = graph_.node(id).outputs[index];
  if (is_read_as_half_only(value)) {
    graph_.mutable_value(value).type.dtype = DType::kFloat16;
    halves_[value] = value;
    return;
  }
  const ValueId half = halves_[value] = add_half(value);
  graph_.set_output(id, index, half);
  add_cast(half, value, DType::kFloat32, graph_.value(value).name + "_CastToFloat32");
}

ValueId HalfApplier::half_of(ValueId value) {
  if (const auto known = halves_.find(value); known != halves_.end()) return known->second;
  const ValueId half = halves_[value] = add_half(value);
  if (const Tensor* constant = graph_.constant(value))
    graph_.set_constant(half, Constant(float16_constant(*constant)));
  else
    add_cast(value, half, DType::kFloat16, graph_.value(value).name + "_CastToFloat16");
  return half;
}

void HalfApplier::run() {
  for (const NodeId id : order_)
    for (std::size_t i = 0; i < slots_.at(id).outputs.size(); ++i)
      if (slots_.at(id).outputs[i]) write_half(id, i);
  for (const NodeId id : order_)
    for (std::size_t i = 0; i < slots_.at(id).inputs.size(); ++i)
      if (slots_.at(id).inputs[i]) graph_.set_input(id, i, half_of(graph_.node(id).inputs[i]));
}

// The number nearest to x that float16 holds as one that is neither 0 nor infinite.
float fitting(float x) {
  const float magnitude = std::fabs(x);
  if (!std::isfinite(magnitude) || magnitude == 0) return x;
  return std::copysign(std::clamp(magnitude, kSmallest, kLargest), x);
}

}  // namespace

std::string float16_objection(const Model& model, const Graph& graph, const Node& node) {
  if (std::find(kConverters.begin(), kConverters.end(), node.op_type) != kConverters.end())
    return "it converts between types";
  if (has_subgraph(node)) return "it runs a subgraph";
  const auto types = formal_types(node, opset_version(model, node.domain));
  if (!types) return "ONNX has no schema of the operator";
  if (!types_are_known(graph, node.inputs) || !types_are_known(graph, node.outputs))
    return "the types of its values are not known";
  const HalfSlots slots = half_slots(graph, node, *types);
  if (!any(slots.inputs)) return "it reads no float32 that may be float16";
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    if (may_be_half(graph, node.outputs[i], types->outputs[i]) && !slots.outputs[i])
      return "the type of its output is not that of an input";
  return {};
}

std::string float16_range_objection(const Graph& graph, const Node& node, const Ranges& ranges) {
  for (const auto* values : {&node.inputs, &node.outputs})
    for (const ValueId value : *values) {
      if (value == ValueId::kNone) continue;
      const auto range = ranges.values.find(graph.value(value).name);
      if (range == ranges.values.end()) continue;
      const float magnitude = std::max(-range->second.min, range->second.max);
      if (magnitude > kLargest / 2)
        return fmt::format("value '{}' reaches {:.3g}, too near to float16's largest number",
                           range->first, magnitude);
    }
  return {};
}

void apply_float16(Model& model, const std::set<NodeId>& nodes) { HalfApplier(model, nodes).run(); }

Tensor float16_constant(const Tensor& tensor) {
  return Tensor::deferred(DType::kFloat16, tensor.shape(),
                          [tensor](int64_t first, int64_t count, void* out) {
                            Tensor part(DType::kFloat32, {count});
                            auto* values = part.mutable_data<float>();
                            tensor.copy_to(first, count, values);
                            for (int64_t i = 0; i < count; ++i) values[i] = fitting(values[i]);
                            Tensor halves = Tensor::view(DType::kFloat16, {count}, nullptr, out);
                            cast(part, halves);
                          });
}

}  // namespace qtool
