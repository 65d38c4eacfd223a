// Before      w → QuantizeLinear → DequantizeLinear     with a constant w, or one that is computed from
//                                                       constants; scales and zero points likewise
// After       const w_q → DequantizeLinear
//
// Before      q → DequantizeLinear → QuantizeLinear → q2      with the same parameters
// After       readers of q2 read q
//
// Conditions  the first: as of fold_constants, of which it does what quantization needs; two uses of
//             one w with the same integers share them. The second: integers of 16 bits at most,
//             float32 scales that are neither subnormal nor near overflow; q2 is neither a graph
//             output nor captured. Both are exact: round((q − z) · s / s) + z = q, as two roundings
//             change a number of 16 bits by 2^-7 at most.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "passes/fold_node.h"
#include "passes/passes.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

// Values that a QuantizeLinear or DequantizeLinear reads, or a QuantizeLinear writes, and that are
// computed from constants alone; with all that they are computed from.
std::set<ValueId> wanted_constants(const Graph& graph) {
  const std::vector<NodeId> nodes = graph.nodes();
  std::set<ValueId> computable;
  const auto is_fixed = [&](ValueId id) {
    return id == ValueId::kNone || graph.constant(id) != nullptr || computable.contains(id);
  };
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    if (!node.inputs.empty() && may_fold(graph, node) &&
        std::all_of(node.inputs.begin(), node.inputs.end(), is_fixed))
      computable.insert(node.outputs.begin(), node.outputs.end());
  }
  std::set<ValueId> wanted;
  const auto want = [&](const std::vector<ValueId>& values) {
    for (const ValueId id : values)
      if (computable.contains(id)) wanted.insert(id);
  };
  for (auto id = nodes.rbegin(); id != nodes.rend(); ++id) {
    const Node& node = graph.node(*id);
    if (is_quantize(node)) want(node.outputs);
    const bool is_read = std::any_of(node.outputs.begin(), node.outputs.end(),
                                     [&](ValueId output) { return wanted.contains(output); });
    if (is_read || is_quantize(node) || is_dequantize(node)) want(node.inputs);
  }
  wanted.erase(ValueId::kNone);
  return wanted;
}

bool fold_quantized_constants(Model& model) {
  Graph& graph = model.graph;
  const std::set<ValueId> pinned = pinned_values(graph);
  std::map<ValueId, std::vector<ValueId>> integers;  // by the constant that they were made of
  bool changed = false;
  const std::set<ValueId> wanted = wanted_constants(graph);
  for (const NodeId id : graph.nodes()) {
    const Node node = graph.node(id);
    const auto is_wanted = [&](ValueId output) { return wanted.contains(output); };
    if (std::none_of(node.outputs.begin(), node.outputs.end(), is_wanted)) continue;
    if (!fold_node(model, id)) continue;
    changed = true;
    if (!is_quantize(node) || pinned.contains(node.outputs[0])) continue;
    std::vector<ValueId>& known = integers[node.inputs[0]];
    const auto same = std::find_if(known.begin(), known.end(), [&](ValueId other) {
      return same_constant(graph, other, node.outputs[0]);
    });
    if (same == known.end())
      known.push_back(node.outputs[0]);
    else
      graph.replace_uses(node.outputs[0], *same);
  }
  return changed;
}

// Whether quantizing again what these parameters dequantize gives the same integers.
bool returns_exactly(const Graph& graph, const Quantized& quantized) {
  constexpr float kLargest = std::numeric_limits<float>::max() / 0x1p17f;
  const Tensor* scale = graph.constant(quantized.scale);
  if (scale == nullptr || scale->dtype() != DType::kFloat32 || !is_small_integer(quantized.dtype))
    return false;
  return std::all_of(scale->data<float>(), scale->data<float>() + scale->size(),
                     [](float s) { return std::isnormal(s) && s > 0 && s <= kLargest; });
}

bool skip_repetition(Graph& graph, const std::set<ValueId>& pinned, NodeId id) {
  const Node& again = graph.node(id);
  const ValueId middle = input_of(again, 0);
  if (!is_quantize(again) || middle == ValueId::kNone || pinned.contains(again.outputs[0]))
    return false;
  const NodeId producer = graph.value(middle).producer;
  if (producer == NodeId::kNone || !is_dequantize(graph.node(producer))) return false;
  const Node& dequantize = graph.node(producer);
  if (attribute_or<int64_t>(again, "block_size", 0) !=
      attribute_or<int64_t>(dequantize, "block_size", 0))
    return false;
  const Quantized before = quantized_input(graph, dequantize);
  const Quantized after = quantized_output(graph, again);
  if (!same_params(graph, before, after) || !returns_exactly(graph, before)) return false;
  graph.remove_node(id);
  graph.replace_uses(after.value, before.value);
  return true;
}

}  // namespace

bool fold_quantize(Model& model) {
  bool changed = fold_quantized_constants(model);
  const std::set<ValueId> pinned = pinned_values(model.graph);
  for (const NodeId id : model.graph.nodes()) changed |= skip_repetition(model.graph, pinned, id);
  return changed;
}

}  // namespace qtool
