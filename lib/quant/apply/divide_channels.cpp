#include "quant/apply/divide_channels.h"

#include "passes/rewrite.h"
#include "quant/params/channel_scales.h"
#include "quant/params/layer_norm.h"

namespace qtool {
namespace {

void multiply_weight(Graph& graph, const Node& reader, const TensorPlan& plan) {
  const Tensor* weight = graph.constant_input(reader, 1);
  if (weight == nullptr)
    fail("the plan has factors for '{}', but '{}' has no weight", plan.value, reader.name);
  graph.set_constant(reader.inputs[1],
                     Constant(scale_channels(reader, *weight, plan.channel_factors)));
}

void divide_input(Graph& graph, NodeId id, std::size_t input, const std::vector<float>& factors) {
  const ValueId constant = graph.node(id).inputs[input];
  Tensor divided = graph.constant(constant)->clone();
  if (divided.size() != std::ssize(factors))
    fail("the plan has {} factors for what '{}' writes, of {} channels", factors.size(),
         graph.node(id).name, divided.size());
  for (std::size_t c = 0; c < factors.size(); ++c) divided.mutable_data<float>()[c] /= factors[c];
  const std::string name = graph.unique_name(graph.value(constant).name + "_divided");
  graph.set_input(id, input, graph.add_constant(name, Constant(std::move(divided))));
}

bool divide_in_normalization(Graph& graph, ValueId value, const std::vector<float>& factors) {
  const NodeId producer = graph.value(value).producer;
  if (producer == NodeId::kNone || graph.node(producer).outputs[0] != value) return false;
  const auto norm = layer_norm_inputs(graph, graph.node(producer));
  if (!norm) return false;
  divide_input(graph, producer, norm->scale, factors);
  if (norm->shift) divide_input(graph, producer, *norm->shift, factors);
  return true;
}

// A Mul by the reciprocals; channels are the last axis, or are followed by the axes that the weight
// of a convolution has behind its first two.
ValueId multiply(Graph& graph, ValueId value, const Node& reader, const TensorPlan& plan) {
  std::vector<float> reciprocals;
  for (const float factor : plan.channel_factors) reciprocals.push_back(1 / factor);
  Shape shape = {std::ssize(reciprocals)};
  if (!scales_last_axis(reader)) shape.resize(graph.constant_input(reader, 1)->rank() - 1, 1);
  const ValueId constant = graph.add_constant(graph.unique_name(plan.value + "_reciprocals"),
                                              Constant(Tensor::of<float>(shape, reciprocals)));
  const ValueId output =
      graph.add_value(graph.unique_name(plan.value + "_divided"), graph.value(value).type);
  graph.add_node({.op_type = "Mul",
                  .name = plan.value + "_divide_channels",
                  .inputs = {value, constant},
                  .outputs = {output}});
  return output;
}

}  // namespace

ValueId divide_channels(Graph& graph, const PlanIndex& index, const std::set<ValueId>& pinned,
                        ValueId value, const TensorPlan& plan) {
  const Mode mode = plan.source == Source::kDynamic ? Mode::kDynamic : Mode::kStatic;
  const std::vector<NodeId> consumers = graph.value(value).consumers;
  std::vector<NodeId> readers;
  std::copy_if(consumers.begin(), consumers.end(), std::back_inserter(readers),
               [&](NodeId id) { return index.mode(graph.node(id)) == mode; });
  if (plan.channel_factors.empty() || readers.empty()) return value;
  for (const NodeId id : readers) multiply_weight(graph, graph.node(id), plan);
  const bool alone = readers.size() == consumers.size() && !pinned.contains(value);
  if (alone && divide_in_normalization(graph, value, plan.channel_factors)) return value;
  const ValueId divided = multiply(graph, value, graph.node(readers[0]), plan);
  for (const NodeId id : readers) graph.set_input(id, 0, divided);
  return divided;
}

}  // namespace qtool
