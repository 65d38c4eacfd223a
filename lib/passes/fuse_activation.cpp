// Before      c = Conv(x, w, b);  y = Clip(c, lo, hi)      Relu is Clip(0, ∞)
// After       y = qtool.internal.FusedConv(x, w, b) {clip=[lo, hi]}      and Gemm → FusedGemm,
//             MatMul → FusedMatMul; the same where c is one of these without a clip
// Conditions  c is float32, has no other reader and is neither a graph output nor captured. For the
//             runtime only: files never hold the internal domain.
#include "passes/activation.h"
#include "passes/fused.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

bool fuse(Graph& graph, NodeId id, const std::set<ValueId>& pinned) {
  const Node clip = graph.node(id);
  const auto range = clip_range(graph, clip);
  if (!range) return false;
  const ValueId middle = clip.inputs[0];
  const NodeId producer = only_writer(graph, pinned, middle);
  if (producer == NodeId::kNone || graph.value(middle).type.dtype != DType::kFloat32) return false;
  Node fused = graph.node(producer);
  if (!become_fused(fused) || find_attribute(fused, "clip") != nullptr) return false;
  fused.outputs = clip.outputs;
  set_attribute(fused, "clip", std::vector<float>{range->first, range->second});
  graph.remove_node(id);
  graph.remove_node(producer);
  graph.add_node(std::move(fused));
  return true;
}

}  // namespace

bool fuse_activation(Model& model) {
  const std::set<ValueId> pinned = pinned_values(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id)) changed |= fuse(model.graph, id, pinned);
  return changed;
}

}  // namespace qtool
