#include "measure/twins.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "onnx_io/onnx_io.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool is_float_value(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  return value.type.dtype == DType::kFloat32 && !value.constant && !value.name.empty() &&
         (value.producer != NodeId::kNone || graph.is_input(id));
}

// The node of that operator that reads the value as its first input.
NodeId reader(const Graph& graph, ValueId value, std::string_view op_type) {
  for (const NodeId id : graph.value(value).consumers)
    if (is_op(graph.node(id), op_type) && graph.node(id).inputs[0] == value) return id;
  return NodeId::kNone;
}

// Scale and zero point of a QuantizeLinear, if they are constants for the whole tensor.
std::optional<QuantParams> params_of(const Graph& graph, const Node& quantize) {
  const Tensor* scale = graph.constant_input(quantize, 1);
  const Tensor* zero = graph.constant_input(quantize, 2);
  if (scale == nullptr || scale->dtype() != DType::kFloat32 || scale->size() != 1 ||
      zero == nullptr || zero->size() != 1 || bits(zero->dtype()) < 8 ||
      largest_number(zero->dtype()))
    return std::nullopt;
  return QuantParams{
      zero->dtype(), {scale->data<float>()[0]}, {static_cast<int32_t>(to_int64s(*zero)[0])}};
}

// The QuantizeLinear behind which a DequantizeLinear writes the value; kNone if it is written otherwise.
NodeId quantize_before(const Graph& graph, ValueId value) {
  const auto writer = [&](ValueId id, std::string_view op_type) {
    const NodeId node = graph.value(id).producer;
    return node != NodeId::kNone && is_op(graph.node(node), op_type) ? node : NodeId::kNone;
  };
  const NodeId dequantize = writer(value, "DequantizeLinear");
  return dequantize == NodeId::kNone ? NodeId::kNone
                                     : writer(graph.node(dequantize).inputs[0], "QuantizeLinear");
}

Twin twin_of(const Graph& first, ValueId id, const Graph& other, ValueId own) {
  Twin twin{first.value(id).name, {}, {}, other.value(own).name, {}};
  const auto writer = [](const Graph& graph, ValueId value) {
    const NodeId node = graph.value(value).producer;
    return node == NodeId::kNone ? nullptr : &graph.node(node);
  };
  const Node* node = writer(other, own);
  const auto has_it = [&](const NodeId each) { return first.node(each).name == node->name; };
  const std::vector<NodeId> nodes = first.nodes();
  const auto namesake =
      node == nullptr ? nodes.end() : std::find_if(nodes.begin(), nodes.end(), has_it);
  node = namesake == nodes.end() ? writer(first, id) : &first.node(*namesake);
  twin.node = node == nullptr ? "" : node->name;
  twin.op_type = node == nullptr ? "input" : node->op_type;
  const NodeId quantize = reader(other, own, "QuantizeLinear");
  if (quantize == NodeId::kNone) {
    if (const NodeId before = quantize_before(other, own); before != NodeId::kNone)
      twin.params = params_of(other, other.node(before));
    return twin;
  }
  const NodeId dequantize = reader(other, other.node(quantize).outputs[0], "DequantizeLinear");
  if (dequantize == NodeId::kNone) return twin;
  twin.seen = other.value(other.node(dequantize).outputs[0]).name;
  twin.params = params_of(other, other.node(quantize));
  return twin;
}

// The activation that alone reads the value; kNone if there is none.
NodeId only_activation(const Graph& graph, ValueId value) {
  constexpr auto kActivations = std::to_array<std::string_view>(
      {"Clip", "Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Relu", "Selu",
       "Sigmoid", "Softplus", "Softsign", "Tanh"});
  const std::vector<NodeId>& readers = graph.value(value).consumers;
  if (readers.size() != 1 || graph.is_output(value)) return NodeId::kNone;
  const Node& node = graph.node(readers[0]);
  const bool is_activation =
      node.domain.empty() &&
      std::find(kActivations.begin(), kActivations.end(), node.op_type) != kActivations.end();
  return is_activation ? readers[0] : NodeId::kNone;
}

// Leaves out what only an activation with a twin of its own reads.
void pass_on_to_activations(const Graph& first, std::vector<Twin>& twins) {
  std::set<std::string> passed_on;
  for (const Twin& twin : twins) {
    const NodeId activation = only_activation(first, first.find(twin.value));
    if (activation == NodeId::kNone || twin.node.empty()) continue;
    const std::string& output = first.value(first.node(activation).outputs[0]).name;
    const auto own = std::find_if(twins.begin(), twins.end(),
                                  [&](const Twin& each) { return each.value == output; });
    if (own == twins.end()) continue;
    own->node = twin.node;
    own->op_type = twin.op_type;
    passed_on.insert(twin.value);
  }
  std::erase_if(twins, [&](const Twin& twin) { return passed_on.contains(twin.value); });
}

// Whether a normalization writes the value that has other constants than its twin.
bool is_divided(const Graph& first, ValueId id, const Graph& other, ValueId own) {
  const NodeId a = first.value(id).producer, b = other.value(own).producer;
  if (a == NodeId::kNone || b == NodeId::kNone) return false;
  const Node& node = first.node(a);
  const Node& twin = other.node(b);
  if (node.op_type != twin.op_type || node.op_type.find("Normalization") == std::string::npos)
    return false;
  for (std::size_t i = 0; i < std::min(node.inputs.size(), twin.inputs.size()); ++i) {
    const Tensor* x = first.constant_input(node, i);
    const Tensor* y = other.constant_input(twin, i);
    if (x != nullptr && y != nullptr && !(*x == *y)) return true;
  }
  return false;
}

// The value that a node reads, before it was quantized.
ValueId read_value(const Graph& graph, const Node& node) {
  ValueId value = input_of(node, 0);
  for (const std::string_view op_type : {"DequantizeLinear", "QuantizeLinear"}) {
    const NodeId producer = value == ValueId::kNone ? NodeId::kNone : graph.value(value).producer;
    if (producer == NodeId::kNone || !is_op(graph.node(producer), op_type)) break;
    value = graph.node(producer).inputs[0];
  }
  return value;
}

// Makes the value an input; what was written to it goes to another, which is returned.
ValueId cut_before(Graph& graph, ValueId value) {
  const ValueId made = graph.add_value(graph.unique_name(graph.value(value).name + "_made"),
                                       graph.value(value).type);
  const NodeId producer = graph.value(value).producer;
  const std::vector<ValueId>& outputs = graph.node(producer).outputs;
  const auto index = std::find(outputs.begin(), outputs.end(), value) - outputs.begin();
  graph.set_output(producer, static_cast<std::size_t>(index), made);
  graph.add_input(value);
  return made;
}

// What `made` becomes by copies of the nodes that quantize the twin and dequantize it.
ValueId requantized(Graph& graph, const Twin& twin, ValueId made) {
  const NodeId dequantize = graph.value(graph.find(twin.seen)).producer;
  const NodeId quantize = graph.value(graph.node(dequantize).inputs[0]).producer;
  ValueId result = made;
  for (const NodeId id : {quantize, dequantize}) {
    Node copy = graph.node(id);
    copy.name.clear();
    copy.inputs[0] = result;
    const Value& output = graph.value(copy.outputs[0]);
    result = graph.add_value(graph.unique_name(output.name + "_made"), output.type);
    copy.outputs[0] = result;
    graph.add_node(std::move(copy));
  }
  return result;
}

// Who reads the value quantized and back reads it as it is: its rounding counts once, where it is made.
void read_exactly(Graph& graph, ValueId value) {
  for (const NodeId quantize : std::vector(graph.value(value).consumers)) {
    if (!is_op(graph.node(quantize), "QuantizeLinear")) continue;
    const ValueId quantized = graph.node(quantize).outputs[0];
    for (const NodeId id : std::vector(graph.value(quantized).consumers))
      if (is_op(graph.node(id), "DequantizeLinear"))
        graph.replace_uses(graph.node(id).outputs[0], value);
  }
}

// Whether a BatchNormalization reads what the node writes, quantized or not.
bool is_normalized(const Graph& graph, const Node& node) {
  for (ValueId value = node.outputs[0]; value != ValueId::kNone;) {
    if (reader(graph, value, "BatchNormalization") != NodeId::kNone) return true;
    NodeId next = reader(graph, value, "QuantizeLinear");
    if (next == NodeId::kNone) next = reader(graph, value, "DequantizeLinear");
    value = next == NodeId::kNone ? ValueId::kNone : graph.node(next).outputs[0];
  }
  return false;
}

// Walks from a value back to twins, inputs and constants.
class SegmentWalk {
 public:
  SegmentWalk(const Graph& graph, const std::set<std::string_view>& ends)
      : graph_(graph), ends_(ends) {}
  Segment from(ValueId value) {
    visit(value);
    return std::move(segment_);
  }

 private:
  void visit(ValueId value) {
    const NodeId producer = graph_.value(value).producer;
    if (producer == NodeId::kNone || !nodes_.insert(producer).second) return;
    const Node& node = graph_.node(producer);
    const ValueId first = input_of(node, 0);
    if (is_op(node, "DequantizeLinear") && graph_.constant(first) != nullptr)
      segment_.weights.push_back(graph_.value(first).name);
    for (const ValueId input : node.inputs) {
      if (input == ValueId::kNone || ends_.contains(graph_.value(input).name)) continue;
      if (is_op(node, "QuantizeLinear") && input == first && graph_.constant(input) == nullptr)
        segment_.inner.push_back(graph_.value(input).name);
      visit(input);
    }
  }

  const Graph& graph_;
  const std::set<std::string_view>& ends_;
  std::set<NodeId> nodes_;
  Segment segment_;
};

}  // namespace

Model in_qdq_form(Model model) {
  run_passes(model, qdq_pipeline());
  infer_types(model);
  return model;
}

std::vector<Twin> find_twins(const Graph& first, const Graph& other) {
  std::vector<Twin> twins;
  const auto add = [&](ValueId id) {
    if (id == ValueId::kNone || !is_float_value(first, id)) return;
    const ValueId own = other.find(first.value(id).name);
    if (own != ValueId::kNone && is_float_value(other, own) && !is_divided(first, id, other, own))
      twins.push_back(twin_of(first, id, other, own));
  };
  for (const ValueId id : first.inputs()) add(id);
  for (const NodeId node : first.nodes())
    for (const ValueId id : first.node(node).outputs) add(id);
  pass_on_to_activations(first, twins);
  return twins;
}

Isolated isolate(Model other, const std::vector<Twin>& twins) {
  Isolated result{std::move(other), {}};
  Graph& graph = result.model.graph;
  for (const Twin& twin : twins) {
    const ValueId exact = graph.find(twin.value);
    const ValueId made = graph.is_input(exact) ? exact : cut_before(graph, exact);
    const ValueId seen = twin.seen == twin.value ? made : requantized(graph, twin, made);
    read_exactly(graph, exact);
    result.outputs.push_back(seen == exact ? "" : graph.value(seen).name);
    if (seen != exact) graph.add_output(seen);
  }
  return result;
}

std::vector<Segment> find_segments(const Graph& other, const std::vector<Twin>& twins) {
  std::set<std::string_view> ends;
  for (const Twin& twin : twins) ends.insert({twin.value, twin.seen});
  std::vector<Segment> segments;
  for (const Twin& twin : twins) {
    const ValueId value = other.find(twin.value);
    const NodeId own = quantize_before(other, value);
    segments.push_back(
        SegmentWalk(other, ends).from(own == NodeId::kNone ? value : other.node(own).inputs[0]));
  }
  return segments;
}

std::vector<TwinWeight> find_twin_weights(const Graph& first, const Graph& other,
                                          const std::vector<Twin>& twins) {
  std::set<std::string_view> exact;  // values that are the same but for errors
  for (const Twin& twin : twins) exact.insert(twin.value);
  std::map<std::string_view, NodeId> by_name;
  for (const NodeId id : other.nodes())
    if (!other.node(id).name.empty()) by_name.emplace(other.node(id).name, id);
  std::vector<TwinWeight> weights;
  for (const NodeId id : first.nodes()) {
    const Node& node = first.node(id);
    const auto own = by_name.find(node.name);
    if (own == by_name.end()) continue;
    const Node& twin = other.node(own->second);
    const ValueId read = read_value(other, twin);
    if (read == ValueId::kNone || !exact.contains(other.value(read).name) ||
        is_normalized(other, twin))
      continue;
    for (std::size_t i = 0; i < std::min(node.inputs.size(), twin.inputs.size()); ++i) {
      const Tensor* a = first.constant_input(node, i);
      const Tensor* b = other.constant_input(twin, i);
      if (a != nullptr && b != nullptr && a->rank() >= 2 && a->shape() == b->shape() &&
          a->dtype() == DType::kFloat32 && b->dtype() == DType::kFloat32)
        weights.push_back({node.name, a, b});
    }
  }
  return weights;
}

}  // namespace qtool
