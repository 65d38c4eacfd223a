// Before      x = Conv(a, W, b);  y = f(x, c)   f one of Mul, Div, Add, Sub, also f(c, x) but for
// Div
//             and the same behind ConvTranspose, Gemm and MatMul
// After       y = Conv(a, W', b')    (MatMul becomes Gemm if it needs a bias)
// Conditions  W, b and c are float32 constants; c is one number, or one per output channel
//             ([C, 1, 1], [1, C, 1, 1]; [N] or [1, N] behind Gemm and MatMul), and broadcasting it
//             does not change the shape of x; x has no other reader and is neither a graph output
//             nor captured; a MatMul that needs a bias is known to be of rank 2; no division by 0.
//             A constant with other uses stays, the folded one is new.
// Formula     y = s · x + t:  Mul s = c;  Div s = 1 / c;  Add t = c;  Sub t = −c, or s = −1, t = c;
//             W' = s · W;  b' = s · b + t   per output channel, in double

#include <algorithm>

#include "passes/linear.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

// The constant as one number per output channel, if that is what broadcasting makes of it.
std::optional<std::vector<double>> per_channel(const Tensor& constant, const LinearNode& linear) {
  if (constant.dtype() != DType::kFloat32 || constant.rank() > linear.rank.value_or(1))
    return std::nullopt;
  // Axes are aligned at the back; only that of the channels may be longer than 1.
  const std::size_t behind = linear.axes_behind_channels;
  const int64_t size =
      constant.rank() > behind ? constant.dim(constant.rank() - 1 - behind) : int64_t{1};
  if (constant.size() != size || (size != 1 && size != linear.channels())) return std::nullopt;
  std::vector<double> values;
  for (int64_t c = 0; c < linear.channels(); ++c)
    values.push_back(constant.data<float>()[size == 1 ? 0 : c]);
  return values;
}

template <class Function>
std::vector<double> each(std::vector<double> values, Function function) {
  std::transform(values.begin(), values.end(), values.begin(), function);
  return values;
}

std::optional<ChannelAffine> affine_of(const Node& node, std::size_t value_input,
                                       const std::vector<double>& c) {
  const auto negated = [&] { return each(c, [](double v) { return -v; }); };
  if (is_op(node, "Mul")) return ChannelAffine{c, {}};
  if (is_op(node, "Add")) return ChannelAffine{{}, c};
  if (is_op(node, "Sub") && value_input == 0) return ChannelAffine{{}, negated()};
  if (is_op(node, "Sub")) return ChannelAffine{std::vector<double>(c.size(), -1.0), c};
  if (is_op(node, "Div") && value_input == 0)
    return ChannelAffine{each(c, [](double v) { return 1 / v; }), {}};
  return std::nullopt;
}

bool fold(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.size() != 2) return false;
  const std::size_t value_input = graph.constant_input(node, 0) != nullptr ? 1 : 0;
  const Tensor* constant = graph.constant_input(node, 1 - value_input);
  if (constant == nullptr) return false;
  const std::optional<LinearNode> linear = linear_before(graph, pinned, node.inputs[value_input]);
  if (!linear) return false;
  const auto c = per_channel(*constant, *linear);
  if (!c) return false;
  const std::optional<ChannelAffine> affine = affine_of(node, value_input, *c);
  return affine && fold_into_linear(graph, pinned, *linear, id, *affine);
}

}  // namespace

bool fold_affine(Model& model) {
  const std::set<ValueId> pinned = pinned_values(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (fold(model.graph, pinned, id)) changed = true;
  return changed;
}

}  // namespace qtool
