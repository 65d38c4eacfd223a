#include "passes/linear.h"

#include <algorithm>
#include <cmath>

#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr std::size_t kWeight = 1;
constexpr std::size_t kBias = 2;

const Tensor* float_constant(const Graph& graph, const Node& node, std::size_t input) {
  const Tensor* tensor = graph.constant_input(node, input);
  return tensor != nullptr && tensor->dtype() == DType::kFloat32 ? tensor : nullptr;
}

std::optional<LinearNode> conv_layout(const Node& node, const Tensor& weight, bool transposed) {
  if (weight.rank() < 3) return std::nullopt;
  LinearNode linear;
  linear.rank = weight.rank();
  linear.axes_behind_channels = weight.rank() - 2;
  LinearNode::WeightLayout& layout = linear.layout;
  if (!transposed) {
    layout.per_group = weight.dim(0);
    layout.inner = layout.per_group == 0 ? 0 : weight.size() / layout.per_group;
    return linear;
  }
  layout.groups = attribute_or<int64_t>(node, "group", 1);
  if (layout.groups < 1 || weight.dim(0) % layout.groups != 0 || weight.size() == 0)
    return std::nullopt;
  layout.rows = weight.dim(0) / layout.groups;
  layout.per_group = weight.dim(1);
  layout.inner = weight.size() / (weight.dim(0) * weight.dim(1));
  return linear;
}

std::optional<LinearNode> matrix_layout(const Tensor& weight, bool transposed) {
  if (weight.rank() != 2) return std::nullopt;
  LinearNode linear;
  linear.layout.per_group = weight.dim(transposed ? 0 : 1);
  (transposed ? linear.layout.inner : linear.layout.rows) = weight.dim(transposed ? 1 : 0);
  return linear;
}

std::optional<std::size_t> known_rank(const Graph& graph, ValueId value) {
  if (value == ValueId::kNone) return std::nullopt;
  const auto& shape = graph.value(value).type.shape;
  return shape ? std::optional(shape->size()) : std::nullopt;
}

std::optional<LinearNode> match_weight(const Graph& graph, const Node& node, const Tensor& weight) {
  if (is_op(node, "Conv")) return conv_layout(node, weight, false);
  if (is_op(node, "ConvTranspose")) return conv_layout(node, weight, true);
  if (!is_op(node, "Gemm") && !is_op(node, "MatMul")) return std::nullopt;
  std::optional<LinearNode> linear =
      matrix_layout(weight, attribute_or<int64_t>(node, "transB", 0) != 0);
  if (!linear) return std::nullopt;
  // A product with a matrix has the rank of its left side.
  linear->rank = is_op(node, "Gemm") ? 2 : known_rank(graph, input_of(node, 0));
  if (!linear->rank) linear->rank = known_rank(graph, output_of(node, 0));
  return linear;
}

// Adds the bias; false if there is one that is not one constant number per channel.
bool match_bias(const Graph& graph, const Node& node, LinearNode& linear) {
  if (input_of(node, kBias) == ValueId::kNone) return true;
  const Tensor* bias = float_constant(graph, node, kBias);
  if (bias == nullptr || bias->rank() > 2) return false;
  // [C], or in a Gemm also what broadcasts to [M, N] along M: [], [1], [1, N]…
  const int64_t last = bias->rank() == 0 ? 1 : bias->shape().back();
  if (bias->size() != last || (last != 1 && last != linear.channels())) return false;
  const double beta = is_op(node, "Gemm") ? attribute_or<float>(node, "beta", 1) : 1;
  linear.bias.emplace();
  for (int64_t c = 0; c < linear.channels(); ++c)
    linear.bias->push_back(beta * bias->data<float>()[last == 1 ? 0 : c]);
  return true;
}

std::optional<LinearNode> match_linear(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Tensor* weight = float_constant(graph, node, kWeight);
  if (weight == nullptr) return std::nullopt;
  std::optional<LinearNode> linear = match_weight(graph, node, *weight);
  if (!linear || !match_bias(graph, node, *linear)) return std::nullopt;
  linear->id = id;
  return linear;
}

// Multiplies `count` elements of a weight, the first of which is number `first`.
void scale_elements(int64_t first, int64_t count, const LinearNode::WeightLayout& layout,
                    const std::vector<double>& scale, float* elements) {
  for (int64_t i = first; i < first + count;) {
    const int64_t run = i / layout.inner;
    const int64_t group = run / (layout.rows * layout.per_group);
    const int64_t channel = group * layout.per_group + run % layout.per_group;
    const double factor = scale[static_cast<std::size_t>(channel)];
    for (const int64_t end = std::min((run + 1) * layout.inner, first + count); i < end; ++i)
      elements[i - first] = static_cast<float>(elements[i - first] * factor);
  }
}

// Made when it is asked for, so that no weight is in memory both as it was and scaled.
Tensor scaled_weight(const Tensor& weight, const LinearNode::WeightLayout& layout,
                     const std::vector<double>& scale) {
  const auto make = [=](int64_t first, int64_t count, void* out) {
    weight.copy_to(first, count, out);
    scale_elements(first, count, layout, scale, static_cast<float*>(out));
  };
  return Tensor::deferred(DType::kFloat32, weight.shape(), make);
}

Tensor folded_bias(const LinearNode& linear, const ChannelAffine& affine) {
  std::vector<float> bias;
  for (std::size_t c = 0; c < static_cast<std::size_t>(linear.channels()); ++c) {
    const double scale = affine.scale.empty() ? 1 : affine.scale[c];
    const double shift = affine.shift.empty() ? 0 : affine.shift[c];
    bias.push_back(static_cast<float>((linear.bias ? (*linear.bias)[c] : 0) * scale + shift));
  }
  return Tensor::of({linear.channels()}, bias);
}

bool is_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

std::optional<LinearNode> linear_before(const Graph& graph, const std::set<ValueId>& pinned,
                                        ValueId value) {
  const NodeId producer = only_writer(graph, pinned, value);
  return producer == NodeId::kNone ? std::nullopt : match_linear(graph, producer);
}

bool fold_into_linear(Graph& graph, const std::set<ValueId>& pinned, const LinearNode& linear,
                      NodeId reader, const ChannelAffine& affine) {
  Node& node = graph.mutable_node(linear.id);
  const ValueId output = output_of(graph.node(reader), 0);
  const bool needs_bias = linear.bias || !affine.shift.empty();
  const bool becomes_gemm = needs_bias && is_op(node, "MatMul");
  if (!is_finite(affine.scale) || !is_finite(affine.shift) || output == ValueId::kNone ||
      (becomes_gemm && linear.rank != 2))
    return false;

  const std::string name = graph.value(output).name;
  if (!affine.scale.empty())
    replace_constant(
        graph, pinned, linear.id, kWeight, name + "_weight",
        scaled_weight(*graph.constant_input(node, kWeight), linear.layout, affine.scale));
  if (needs_bias) {
    replace_constant(graph, pinned, linear.id, kBias, name + "_bias", folded_bias(linear, affine));
    remove_attribute(node, "beta");
  }
  if (becomes_gemm) node.op_type = "Gemm";
  graph.remove_node(reader);
  write_instead(graph, node.outputs[0], output);
  return true;
}

}  // namespace qtool
