#include "quant/layer_trial.h"

#include <cmath>

namespace qtool {
namespace {

// Copies nodes of a graph, with what they read as inputs or constants of the copy.
class LayerBuilder {
 public:
  LayerBuilder(const Model& model, const Graph& from)
      : from_(from), layer_{model.ir_version, model.opsets, {}, {}} {}

  void add(NodeId id);
  void add_output(ValueId id) { layer_.graph.add_output(value(id, false)); }
  Model take() { return std::move(layer_); }

 private:
  ValueId value(ValueId id, bool is_read);

  const Graph& from_;
  Model layer_;
};

ValueId LayerBuilder::value(ValueId id, bool is_read) {
  if (id == ValueId::kNone) return id;
  const Value& value = from_.value(id);
  if (const ValueId known = layer_.graph.find(value.name); known != ValueId::kNone) return known;
  if (value.constant) return layer_.graph.add_constant(value.name, value.constant);
  const ValueId added = layer_.graph.add_value(value.name, value.type);
  if (is_read) layer_.graph.add_input(added);
  return added;
}

void LayerBuilder::add(NodeId id) {
  Node node = from_.node(id);
  for (ValueId& input : node.inputs) input = value(input, true);
  for (ValueId& output : node.outputs) output = value(output, false);
  layer_.graph.add_node(std::move(node));
}

double squares(const Tensor& a) {
  double sum = 0;
  for (int64_t i = 0; i < a.size(); ++i) sum += double{a.data<float>()[i]} * a.data<float>()[i];
  return sum;
}

double distance(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double difference = double{a.data<float>()[i]} - b.data<float>()[i];
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

Model layer_model(const Model& model, const Graph& graph, const Layer& layer) {
  LayerBuilder builder(model, graph);
  for (const NodeId id : layer.nodes) builder.add(id);
  for (const ValueId id : layer.outputs) builder.add_output(id);
  return builder.take();
}

Model identity_model(const Model& model, const Value& value) {
  Model layer{model.ir_version, model.opsets, {}, {}};
  const ValueId read = layer.graph.add_value(value.name, value.type);
  const ValueId written = layer.graph.add_value(value.name + "_copy", value.type);
  layer.graph.add_input(read);
  layer.graph.add_node({.op_type = "Identity", .inputs = {read}, .outputs = {written}});
  layer.graph.add_output(written);
  return layer;
}

LayerTrial::LayerTrial(const Model& layer, const std::set<std::string>& quantized) : layer_(layer) {
  for (const ValueId input : layer.graph.inputs()) {
    inputs_.push_back(layer.graph.value(input).name);
    if (quantized.contains(inputs_.back())) quantized_.push_back(inputs_.back());
  }
}

void LayerTrial::observe(const std::string& name, const Tensor& value,
                         const std::vector<QuantParams>& candidates) {
  feed_[name] = value;
  if (feed_.size() < inputs_.size()) return;
  run(candidates);
  feed_.clear();
}

void LayerTrial::run(const std::vector<QuantParams>& candidates) {
  const TensorMap expected = layer_.run(feed_);
  for (const auto& [name, value] : expected) {
    outputs_[name].power += squares(value);
    outputs_[name].errors.resize(candidates.size());
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    TensorMap feed = feed_;
    for (const std::string& name : quantized_)
      feed[name] = dequantize(quantize(feed_.at(name), candidates[i]), candidates[i]);
    for (const auto& [name, value] : layer_.run(feed))
      outputs_[name].errors[i] += distance(expected.at(name), value);
  }
}

std::vector<double> LayerTrial::errors() const {
  std::vector<double> sums;
  for (const auto& [name, output] : outputs_) {
    sums.resize(output.errors.size());
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (const double error = output.errors[i] / output.power; std::isfinite(error))
        sums[i] += error;
  }
  return sums;
}

}  // namespace qtool
