#include "passes/fold_node.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "ops/op.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr std::size_t kSmall = std::size_t{1} << 20;  // bytes
constexpr int64_t kFewElements = int64_t{1} << 22;
constexpr std::array<std::string_view, 7> kNeverFolded = {
    "DequantizeLinear",  "RandomNormal", "RandomNormalLike", "RandomUniform",
    "RandomUniformLike", "Multinomial",  "Bernoulli"};

bool has_subgraph(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& a) {
    return std::holds_alternative<std::shared_ptr<const Graph>>(a.value);
  });
}

bool has_constant_inputs_only(const Graph& graph, const Node& node) {
  const auto constant = [&](ValueId id) { return id == ValueId::kNone || graph.constant(id); };
  return !node.inputs.empty() && std::all_of(node.inputs.begin(), node.inputs.end(), constant);
}

// The dimensions that Shape returns if all of them are known: [start, end) from opset 15 on.
std::optional<Tensor> known_shape(const Graph& graph, const Node& node) {
  if (input_of(node, 0) == ValueId::kNone) return std::nullopt;
  const auto& dims = graph.value(node.inputs[0]).type.shape;
  if (!dims) return std::nullopt;
  const auto rank = static_cast<int64_t>(dims->size());
  const auto bound = [&](std::string_view name, int64_t fallback) {
    const int64_t index = attribute_or<int64_t>(node, name, fallback);
    return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  std::vector<int64_t> shape;
  for (int64_t i = bound("start", 0); i < bound("end", rank); ++i) {
    const Dim& dim = (*dims)[static_cast<std::size_t>(i)];
    if (!dim.known()) return std::nullopt;
    shape.push_back(dim.value);
  }
  return Tensor::of({static_cast<int64_t>(shape.size())}, shape);
}

// The node's kernel, or an empty one for an operator or types that qtool cannot run.
Kernel reference_kernel(const Model& model, const Node& node) {
  try {
    return bind_kernel(bind_context(model, node), Provider::kReference).run;
  } catch (const Error&) {
    return {};
  }
}

// All outputs; none if one of them is no tensor, or if the node fails: it will again when it runs.
std::vector<Tensor> evaluate(const Graph& graph, const Node& node, const Kernel& kernel) {
  std::vector<Datum> values;
  for (const ValueId id : node.inputs)
    values.push_back(id == ValueId::kNone ? Datum() : Datum(*graph.constant(id)));
  std::vector<const Datum*> inputs;
  for (const Datum& value : values) inputs.push_back(value.is_empty() ? nullptr : &value);
  std::vector<Datum> outputs(node.outputs.size());
  int64_t limit = kFewElements;
  for (const Datum& value : values)
    if (value.is_tensor()) limit = std::max(limit, 4 * value.tensor().size());
  const Allocate allocate = [limit](DType dtype, const Shape& shape) {
    if (element_count(shape) > limit) fail("too many elements for a constant");
    return Tensor(dtype, shape);
  };
  KernelCall call(inputs, outputs, allocate);
  try {
    kernel(call);
  } catch (const Error&) {
    return {};
  }
  std::vector<Tensor> tensors;
  for (const Datum& output : outputs) {
    if (!output.is_tensor()) return {};
    tensors.push_back(output.tensor());
  }
  return tensors;
}

bool is_worth_keeping(const Graph& graph, const Node& node, const std::vector<Tensor>& outputs) {
  std::size_t made = 0;
  std::size_t used = 0;
  for (const Tensor& output : outputs) made += output.bytes();
  for (const ValueId id : node.inputs)
    if (const Tensor* input = graph.constant(id)) used += input->bytes();
  return made <= std::max(kSmall, used);
}

// The values of all outputs, or nothing if the node is to stay.
std::vector<Tensor> fold(const Model& model, const Node& node) {
  const Graph& graph = model.graph;
  if (is_op(node, "Shape"))
    if (std::optional<Tensor> shape = known_shape(graph, node)) return {*shape};
  if (!has_constant_inputs_only(graph, node)) return {};
  const Kernel kernel = reference_kernel(model, node);
  if (!kernel) return {};
  std::vector<Tensor> outputs = evaluate(graph, node, kernel);
  return is_worth_keeping(graph, node, outputs) ? outputs : std::vector<Tensor>();
}

}  // namespace

bool may_fold(const Graph& graph, const Node& node) {
  const auto is_output = [&](ValueId id) { return graph.is_output(id); };
  return !std::any_of(node.outputs.begin(), node.outputs.end(), is_output) &&
         std::count(kNeverFolded.begin(), kNeverFolded.end(), node.op_type) == 0 &&
         !has_subgraph(node);
}

bool fold_node(Model& model, NodeId id) {
  Graph& graph = model.graph;
  if (!may_fold(graph, graph.node(id))) return false;
  const std::vector<Tensor> results = fold(model, graph.node(id));
  if (results.empty()) return false;
  const std::vector<ValueId> outputs = graph.node(id).outputs;
  graph.remove_node(id);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i] != ValueId::kNone) graph.set_constant(outputs[i], Constant(results[i]));
  return true;
}

}  // namespace qtool
