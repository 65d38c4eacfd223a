#include "ops/op.h"
#include "passes/activation.h"
#include "passes/rewrite.h"
#include "quant/apply_dynamic.h"
#include "quant/channel_scales.h"
#include "quant/emit.h"
#include "quant/plan.h"

namespace qtool {
namespace {

using TensorPlans = std::map<std::string, const TensorPlan*>;

class PlanApplier {
 public:
  PlanApplier(Model& model, const QuantPlan& plan);
  void run();

 private:
  const TensorPlan* tensor_plan(ValueId value) const;
  bool is_static(NodeId id) const { return id != NodeId::kNone && mode(id) == Mode::kStatic; }
  Mode mode(NodeId id) const;
  void absorb_activation(NodeId id);
  void scale_weights(const TensorPlan& plan);
  void quantize_weights(NodeId id);
  void quantize_bias(NodeId id);
  void quantize_activation(ValueId value, const TensorPlan& plan);

  Graph& graph_;
  const QuantPlan& plan_;
  const std::set<ValueId> pinned_;
  std::map<NodeId, Mode> modes_;
  TensorPlans tensors_;
  Emitter emitter_;
};

PlanApplier::PlanApplier(Model& model, const QuantPlan& plan)
    : graph_(model.graph), plan_(plan), pinned_(pinned_values(graph_)), emitter_(graph_) {
  std::map<std::string, Mode> by_name;
  for (const NodePlan& node : plan.nodes) by_name.emplace(node.node, node.mode);
  for (const NodeId id : graph_.nodes())
    if (const auto it = by_name.find(graph_.node(id).name); it != by_name.end()) {
      modes_.emplace(id, it->second);
      by_name.erase(it);
    }
  if (!by_name.empty())
    fail("the plan names node '{}', which the model does not have", by_name.begin()->first);
  for (const TensorPlan& tensor : plan.tensors) {
    if (graph_.find(tensor.value) == ValueId::kNone)
      fail("the plan names value '{}', which the model does not have", tensor.value);
    tensors_.emplace(tensor.value, &tensor);
  }
}

Mode PlanApplier::mode(NodeId id) const {
  const auto it = modes_.find(id);
  return it == modes_.end() ? Mode::kFloat : it->second;
}

const TensorPlan* PlanApplier::tensor_plan(ValueId value) const {
  const auto it = tensors_.find(graph_.value(value).name);
  return it == tensors_.end() ? nullptr : it->second;
}

// A static Clip or Relu goes: the node before it writes its value, whose range expresses it.
void PlanApplier::absorb_activation(NodeId id) {
  const Node node = graph_.node(id);
  if (!is_static(id) || !clip_range(graph_, node)) return;
  const ValueId inner = node.inputs[0];
  QTOOL_ASSERT(graph_.value(inner).producer != NodeId::kNone &&
               graph_.value(inner).consumers.size() == 1);
  graph_.remove_node(id);
  write_instead(graph_, inner, node.outputs[0]);
}

// Multiplies the weights that read the value by its channel factors.
void PlanApplier::scale_weights(const TensorPlan& plan) {
  if (plan.channel_factors.empty()) return;
  for (const NodeId reader : graph_.value(graph_.find(plan.value)).consumers) {
    const ValueId weight = graph_.node(reader).inputs[1];
    graph_.set_constant(weight,
                        Constant(scale_slices(*graph_.constant(weight), plan.channel_factors)));
  }
}

// What QuantizeLinear takes: a scale for each channel where the plan has factors.
QuantParams quantizing_params(const TensorPlan& plan) {
  QuantParams params = plan.params;
  if (plan.channel_factors.empty()) return params;
  params.axis = 1;
  params.scale.clear();
  for (const float factor : plan.channel_factors)
    params.scale.push_back(plan.params.scale[0] * factor);
  params.zero_point.assign(params.scale.size(), plan.params.zero_point[0]);
  return params;
}

void PlanApplier::quantize_weights(NodeId id) {
  if (mode(id) != Mode::kStatic && mode(id) != Mode::kWeightOnly) return;
  const std::vector<ValueId> inputs = graph_.node(id).inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (graph_.constant(inputs[i]) == nullptr) continue;
    const TensorPlan* plan = tensor_plan(inputs[i]);
    if (plan == nullptr) continue;
    const ValueId integers = emitter_.quantize_constant(inputs[i], plan->value, plan->params);
    graph_.set_input(id, i, emitter_.dequantize(integers, plan->value, plan->params));
  }
}

// Bias: int32 at scale_x · scale_w, zero point 0, so that it adds to the accumulator as it is.
void PlanApplier::quantize_bias(NodeId id) {
  const Node node = graph_.node(id);
  if (!is_static(id)) return;
  for (std::size_t i = 2; i < node.inputs.size(); ++i) {
    if (input_role(quant_traits(node), i) != Role::kBias || node.inputs[i] == ValueId::kNone)
      continue;
    const TensorPlan* x = tensor_plan(node.inputs[0]);
    const TensorPlan* w = tensor_plan(node.inputs[1]);
    QTOOL_ASSERT(x != nullptr && w != nullptr);
    QuantParams params{.dtype = DType::kInt32,
                       .scale = w->params.scale,
                       .zero_point = std::vector<int32_t>(w->params.scale.size(), 0),
                       .axis = w->params.per_tensor() ? -1 : 0};
    for (float& scale : params.scale) scale *= x->params.scale[0];
    // Another node may use the same bias at other scales: the integers are named after this node.
    const std::string base =
        graph_.unique_name(graph_.value(node.inputs[i]).name + "_" + node.name);
    const ValueId integers = emitter_.quantize_constant(node.inputs[i], base, params);
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

  ValueId source = value;
  if (from_static && keeps_name) {  // the name stays with what readers outside get
    source = graph_.add_value(graph_.unique_name(plan.value + "_raw"), graph_.value(value).type);
    write_instead(graph_, value, source);
  }
  const std::string base = plan.group.empty() ? plan.value : plan.group;
  const std::string quantizing_base = plan.channel_factors.empty() ? base : base + "_channel";
  const ValueId integers = emitter_.quantize(source, quantizing_base, quantizing_params(plan));
  if (source != value) emitter_.dequantize(integers, base, plan.params, value);
  for (const NodeId consumer : consumers) {
    if (!from_static && !is_static(consumer)) continue;
    const std::vector<ValueId> inputs = graph_.node(consumer).inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] == value)
        graph_.set_input(consumer, i, emitter_.dequantize(integers, base, plan.params));
  }
}

void PlanApplier::run() {
  const std::vector<NodeId> order = graph_.nodes();
  for (const NodeId id : order) absorb_activation(id);
  for (const TensorPlan& tensor : plan_.tensors) scale_weights(tensor);
  for (const NodeId id : order)
    if (graph_.contains(id)) {
      quantize_bias(id);
      quantize_weights(id);
    }
  for (const TensorPlan& tensor : plan_.tensors) {
    const ValueId value = graph_.find(tensor.value);
    if (graph_.constant(value) == nullptr) quantize_activation(value, tensor);
  }
  for (const NodeId id : order)
    if (graph_.contains(id) && mode(id) == Mode::kDynamic) {
      const TensorPlan* weight = tensor_plan(graph_.node(id).inputs[1]);
      QTOOL_ASSERT(weight != nullptr);
      apply_dynamic(graph_, id, weight->params);
    }
  graph_.compact();
}

}  // namespace

void apply_plan(Model& model, const QuantPlan& plan) {
  require_opset(model, "", 13);
  PlanApplier(model, plan).run();
}

}  // namespace qtool
