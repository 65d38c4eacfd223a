#include <algorithm>

#include "ir/bodies.h"
#include "onnx_io/onnx_io.h"
#include "ops/op.h"
#include "passes/activation.h"
#include "passes/passes.h"
#include "passes/rewrite.h"
#include "quant/apply/apply_attention.h"
#include "quant/apply/apply_dynamic.h"
#include "quant/apply/apply_float16.h"
#include "quant/apply/apply_gather.h"
#include "quant/apply/apply_lstm.h"
#include "quant/apply/apply_matmul_nbits.h"
#include "quant/apply/divide_channels.h"
#include "quant/apply/emit.h"
#include "quant/plan.h"
#include "quant/plan_index.h"
#include "quant/select/objections.h"

namespace qtool {
namespace {

// Carries out a plan on one graph, its bodies left out.
class PlanApplier {
 public:
  PlanApplier(Model& model, const PlanIndex& plan, bool matmul_nbits)
      : model_(model),
        graph_(model.graph),
        plan_(plan),
        matmul_nbits_(matmul_nbits),
        pinned_(pinned_values(graph_)),
        emitter_(graph_) {}
  void run();

 private:
  Mode mode(NodeId id) const { return plan_.mode(graph_.node(id)); }
  bool is_static(NodeId id) const { return id != NodeId::kNone && mode(id) == Mode::kStatic; }
  const TensorPlan* weight_plan(const Node& node, std::size_t input) const;
  void absorb_activation(NodeId id);
  void quantize_weights(NodeId id);
  ValueId corrected(ValueId bias, const TensorPlan& plan);
  void quantize_bias(NodeId id);
  void quantize_activation(ValueId value, const TensorPlan& plan);
  const QuantParams& weight_params(const Node& node, std::size_t input) const;
  void apply_dynamic_node(NodeId id);

  Model& model_;
  Graph& graph_;
  const PlanIndex& plan_;
  const bool matmul_nbits_;
  const std::set<ValueId> pinned_;
  Emitter emitter_;
};

const TensorPlan* PlanApplier::weight_plan(const Node& node, std::size_t input) const {
  const ValueId value = input_of(node, input);
  return graph_.constant(value) == nullptr ? nullptr : plan_.weight(graph_.value(value).name, node);
}

// An absorbed Clip or Relu goes: the node before it writes its value, whose range expresses it.
void PlanApplier::absorb_activation(NodeId id) {
  const Node node = graph_.node(id);
  if (!plan_.is_absorbed(node)) return;
  const ValueId inner = node.inputs[0];
  if (graph_.value(inner).producer == NodeId::kNone || graph_.value(inner).consumers.size() != 1 ||
      pinned_.contains(inner))
    fail("the plan says that node '{}' is absorbed, but others read what it reads", node.name);
  graph_.remove_node(id);
  write_instead(graph_, inner, node.outputs[0]);
}

void PlanApplier::quantize_weights(NodeId id) {
  if (mode(id) != Mode::kStatic && mode(id) != Mode::kWeightOnly) return;
  const Node node = graph_.node(id);
  if (gather_objection(graph_, node).empty()) {
    apply_gather(graph_, emitter_, id, weight_params(node, 0));
    return;
  }
  for (const WeightUse& use : weights_of(graph_, id)) weight_params(node, use.input);  // are there
  const TensorPlan* blocks = weight_plan(node, 1);
  if (matmul_nbits_ && blocks != nullptr &&
      why_not_matmul_nbits(graph_, node, blocks->params.dtype, blocks->params.block).empty()) {
    require_opset(model_, "com.microsoft", 1);
    apply_matmul_nbits(graph_, id, blocks->params);
    return;
  }
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorPlan* plan = weight_plan(node, i);
    if (plan == nullptr) continue;
    const std::string base = emitter_.base_of(plan->value, plan->params);
    const ValueId integers = emitter_.quantize_constant(node.inputs[i], base, plan->params);
    graph_.set_input(id, i, emitter_.dequantize(integers, base, plan->params));
  }
}

// Bias: int32 at scale_x · scale_w, zero point 0, so that it adds to the accumulator as it is. Where a
// weight has fewer channels than the output (ConvTranspose in groups), each group has its scales.
QuantParams bias_params(const QuantParams& x, const QuantParams& w, std::size_t channels) {
  QuantParams params{.dtype = DType::kInt32, .axis = w.per_tensor() ? -1 : 0};
  const std::size_t count = w.per_tensor() ? 1 : std::max(channels, w.scale.size());
  for (std::size_t c = 0; c < count; ++c)
    params.scale.push_back(w.scale[c % w.scale.size()] * x.scale[0]);
  params.zero_point.assign(count, 0);
  return params;
}

// The bias with its correction added.
ValueId PlanApplier::corrected(ValueId bias, const TensorPlan& plan) {
  if (plan.correction.empty()) return bias;
  Tensor sum = graph_.constant(bias)->clone();
  if (sum.dtype() != DType::kFloat32 || sum.size() != std::ssize(plan.correction))
    fail("the plan has {} corrections for bias '{}' of {} numbers", plan.correction.size(),
         plan.value, sum.size());
  for (std::size_t i = 0; i < plan.correction.size(); ++i)
    sum.mutable_data<float>()[i] += plan.correction[i];
  return graph_.add_constant(graph_.unique_name(plan.value + "_corrected"),
                             Constant(std::move(sum)));
}

void PlanApplier::quantize_bias(NodeId id) {
  const Node node = graph_.node(id);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorPlan* plan = plan_.derived_bias(graph_, node, i);
    if (plan == nullptr) continue;
    const TensorPlan* x = plan_.activation(graph_.value(node.inputs[0]).name);
    const TensorPlan* w = weight_plan(node, 1);
    if (x == nullptr || w == nullptr)
      fail("the plan has no parameters for what static node '{}' reads", node.name);
    const auto channels = static_cast<std::size_t>(graph_.constant_input(node, i)->size());
    const QuantParams params = bias_params(x->params, w->params, channels);
    const ValueId bias = corrected(node.inputs[i], *plan);
    const std::string base = emitter_.base_of(graph_.value(bias).name, params);
    const ValueId integers = emitter_.quantize_constant(bias, base, params);
    graph_.set_input(id, i, emitter_.dequantize(integers, base, params));
  }
}

// What a static node writes is read through DequantizeLinear by everybody; what a float node writes
// only by static nodes.
void PlanApplier::quantize_activation(ValueId value, const TensorPlan& plan) {
  const NodeId producer = graph_.value(value).producer;
  const bool from_static = is_static(producer);
  const std::vector<NodeId> consumers = graph_.value(value).consumers;
  const bool keeps_name = pinned_.contains(value);
  if (!from_static &&
      std::none_of(consumers.begin(), consumers.end(), [&](NodeId id) { return is_static(id); }))
    return;  // a body that captures the value quantizes it

  ValueId source = value;
  if (from_static && keeps_name) {  // the name stays with what readers outside get
    source = graph_.add_value(graph_.unique_name(plan.value + "_raw"), graph_.value(value).type);
    write_instead(graph_, value, source);
  }
  const std::string base = plan.group.empty() ? plan.value : plan.group;
  const ValueId integers = emitter_.quantize(source, base, plan.params);
  if (from_static && keeps_name) emitter_.dequantize(integers, base, plan.params, value);
  for (const NodeId consumer : consumers) {
    if (!from_static && !is_static(consumer)) continue;
    const std::vector<ValueId> inputs = graph_.node(consumer).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] == value)
        graph_.set_input(consumer, i, emitter_.dequantize(integers, base, plan.params));
  }
}

const QuantParams& PlanApplier::weight_params(const Node& node, std::size_t input) const {
  const TensorPlan* plan = weight_plan(node, input);
  if (plan == nullptr)
    fail("the plan has no parameters for input {} of node '{}'", input, node.name);
  return plan->params;
}

void PlanApplier::apply_dynamic_node(NodeId id) {
  if (mode(id) != Mode::kDynamic) return;
  const Node& node = graph_.node(id);
  if (is_op(node, "LSTM")) {
    apply_dynamic_lstm(model_, id, weight_params(node, 1), weight_params(node, 2));
  } else if (node.op_type == "Attention") {
    apply_dynamic_attention(model_, id, weight_params(node, 1));
  } else {
    apply_dynamic(graph_, id, weight_params(node, 1));
  }
}

void PlanApplier::run() {
  const std::vector<NodeId> order = graph_.nodes();
  for (const NodeId id : order) absorb_activation(id);
  for (const NodeId id : order)
    if (graph_.contains(id)) quantize_bias(id);
  std::vector<std::pair<ValueId, const TensorPlan*>> activations;
  for (const ValueId id : graph_.values()) {
    const std::string& name = graph_.value(id).name;
    if (const TensorPlan* plan = plan_.dynamic(name))
      divide_channels(graph_, plan_, pinned_, id, *plan);
    if (const TensorPlan* plan = plan_.activation(name))
      activations.emplace_back(divide_channels(graph_, plan_, pinned_, id, *plan), plan);
  }
  for (const NodeId id : order)
    if (graph_.contains(id)) quantize_weights(id);
  for (const auto& [id, plan] : activations) quantize_activation(id, *plan);
  for (const NodeId id : order)
    if (graph_.contains(id)) apply_dynamic_node(id);
  std::set<NodeId> halves;
  for (const NodeId id : order)
    if (graph_.contains(id) && mode(id) == Mode::kFloat16) halves.insert(id);
  apply_float16(model_, halves);
  graph_.compact();
}

void apply_everywhere(Model& model, const PlanIndex& plan, bool matmul_nbits) {
  edit_bodies(model, [&](Model& body) {
    apply_everywhere(body, plan, matmul_nbits);
    return true;
  });
  PlanApplier(model, plan, matmul_nbits).run();
}

}  // namespace

void apply_plan(Model& model, const QuantPlan& plan, bool matmul_nbits) {
  const PlanIndex index(plan);
  index.check(model.graph);
  require_opset(model, "", kQuantizationOpset);
  apply_everywhere(model, index, matmul_nbits);
  name_values(model);  // names were chosen graph by graph
}

}  // namespace qtool
