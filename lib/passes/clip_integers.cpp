// Before      Conv → c → Relu → r → QuantizeLinear → q                likewise Clip
// After       Conv → c → QuantizeLinear → t → Clip(lo_q, hi_q) → q    of integers
// Conditions  QuantizeLinear does not clip by itself (absorb_activation): its zero point lies inside
//             the type, as that of a symmetric range. The node that writes c has a quantized form,
//             which then takes in the QuantizeLinear; c and r have no other reader and are neither
//             graph outputs nor captured; 8 bits, one scale; opset 12, from which Clip takes integers.
// Formula     quantizing keeps the order: quantize(clip(x)) = clip(quantize(x)) with the ends
//             lo_q = quantize(lo), hi_q = quantize(hi)
#include "ops/op.h"
#include "passes/activation.h"
#include "passes/passes.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr int64_t kIntegerClipOpset = 12;

class Rewriter {
 public:
  explicit Rewriter(Graph& graph) : graph_(graph), pinned_(pinned_values(graph)) {}
  bool rewrite(NodeId quantize);

 private:
  void clip_behind(NodeId quantize, std::pair<float, float> interval, const QuantParams& params);

  Graph& graph_;
  const std::set<ValueId> pinned_;
};

void Rewriter::clip_behind(NodeId quantize, std::pair<float, float> interval,
                           const QuantParams& params) {
  const ValueId q = graph_.node(quantize).outputs[0];
  const std::string name = graph_.value(q).name;
  const auto end = [&](const char* suffix, float real) {
    return graph_.add_constant(graph_.unique_name(name + suffix),
                               Constant(qtool::quantize(Tensor::of<float>({}, {real}), params)));
  };
  const ValueId unclipped = graph_.add_value(graph_.unique_name(name + "_unclipped"),
                                             {params.dtype, graph_.value(q).type.shape});
  Node replacement = graph_.node(quantize);
  graph_.remove_node(quantize);
  replacement.outputs = {unclipped};
  graph_.add_node(std::move(replacement));
  graph_.add_node(
      {.op_type = "Clip",
       .name = name + "_clip",
       .inputs = {unclipped, end("_low", interval.first), end("_high", interval.second)},
       .outputs = {q}});
}

bool Rewriter::rewrite(NodeId quantize) {
  const Node& node = graph_.node(quantize);
  if (!is_quantize(node)) return false;
  const NodeId clip = only_writer(graph_, pinned_, input_of(node, 0));
  if (clip == NodeId::kNone) return false;
  const auto interval = clip_range(graph_, graph_.node(clip));
  const auto params = constant_params(graph_, quantized_output(graph_, node));
  if (!interval || !params || bits(params->dtype) != 8) return false;
  const ValueId inner = graph_.node(clip).inputs[0];
  const NodeId producer = only_writer(graph_, pinned_, inner);
  if (producer == NodeId::kNone || quant_traits(graph_.node(producer)).qoperator == nullptr)
    return false;
  graph_.set_input(quantize, 0, inner);
  graph_.remove_node(clip);
  clip_behind(quantize, *interval, *params);
  return true;
}

}  // namespace

bool clip_integers(Model& model) {
  if (opset_version(model, "") < kIntegerClipOpset) return false;
  Rewriter rewriter(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id)) changed |= rewriter.rewrite(id);
  return changed;
}

}  // namespace qtool
