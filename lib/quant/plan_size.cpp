#include "quant/plan_size.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/bodies.h"
#include "passes/rewrite.h"
#include "quant/plan_index.h"

namespace qtool {
namespace {

int64_t bytes_of(int64_t elements, DType dtype) { return (elements * bits(dtype) + 7) / 8; }

int64_t bytes_of(const Tensor& tensor) { return static_cast<int64_t>(tensor.bytes()); }

int64_t params_bytes(std::size_t scales, std::size_t zero_points, DType dtype) {
  return bytes_of(static_cast<int64_t>(scales), DType::kFloat32) +
         bytes_of(static_cast<int64_t>(zero_points), dtype);
}

/// How a constant is stored after quantization: each form once, however many nodes read it.
struct Forms {
  bool as_it_is = false;
  bool half = false;
  int64_t biases = 0;                                 // each node has its own
  std::map<const TensorPlan*, std::size_t> integers;  // and how many zero points they have
};

class SizePredictor {
 public:
  explicit SizePredictor(const QuantPlan& plan) : plan_(plan), index_(plan) {}
  PlanSizes run(const Graph& graph);

 private:
  Forms forms_of(const Graph& graph, ValueId id, bool is_captured) const;
  void add_reader(const Graph& graph, const Node& node, std::size_t input, Forms& forms) const;
  std::size_t zero_points(const Node& node, const QuantParams& params) const;
  int64_t bias_bytes(const Graph& graph, const Node& node, std::size_t input) const;
  void add_constants(const Graph& graph);
  int64_t activation_params() const;

  const QuantPlan& plan_;
  const PlanIndex index_;
  std::set<std::string> constants_;
  PlanSizes sizes_;
};

// MatMulInteger and ConvInteger take one for all that are equal, and do without those that are 0.
std::size_t SizePredictor::zero_points(const Node& node, const QuantParams& params) const {
  const std::size_t all = params.zero_point.size();
  const int32_t first = params.zero_point[0];
  const bool are_equal = std::count(params.zero_point.begin(), params.zero_point.end(), first) ==
                         static_cast<std::ptrdiff_t>(all);
  if (index_.mode(node) != Mode::kDynamic || is_op(node, "LSTM") || !are_equal) return all;
  return first == 0 ? 0 : 1;
}

// int32, with a scale and a zero point for each of the weight's.
int64_t SizePredictor::bias_bytes(const Graph& graph, const Node& node, std::size_t input) const {
  const TensorPlan* weight = index_.input(graph, node, 1);
  const std::size_t scales = weight == nullptr ? 1 : weight->params.scale.size();
  return bytes_of(graph.constant_input(node, input)->size(), DType::kInt32) +
         params_bytes(scales, scales, DType::kInt32);
}

void SizePredictor::add_reader(const Graph& graph, const Node& node, std::size_t input,
                               Forms& forms) const {
  if (const TensorPlan* plan = index_.input(graph, node, input))
    forms.integers[plan] = std::max(forms.integers[plan], zero_points(node, plan->params));
  else if (index_.derived_bias(graph, node, input) != nullptr)
    forms.biases += bias_bytes(graph, node, input);
  else if (index_.mode(node) == Mode::kFloat16 &&
           graph.constant_input(node, input)->dtype() == DType::kFloat32)
    forms.half = true;
  else
    forms.as_it_is = true;
}

Forms SizePredictor::forms_of(const Graph& graph, ValueId id, bool is_captured) const {
  Forms forms{.as_it_is = is_captured || graph.is_output(id)};
  const std::vector<NodeId>& consumers = graph.value(id).consumers;
  for (const NodeId consumer : std::set<NodeId>(consumers.begin(), consumers.end())) {
    const Node& node = graph.node(consumer);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i] == id) add_reader(graph, node, i, forms);
  }
  return forms;
}

void SizePredictor::add_constants(const Graph& graph) {
  const std::set<ValueId> captured = graph.captured();
  for (const ValueId id : graph.values()) {
    const Tensor* tensor = graph.constant(id);
    if (tensor == nullptr) continue;
    constants_.insert(graph.value(id).name);
    const Forms forms = forms_of(graph, id, captured.count(id) != 0);
    sizes_.before += bytes_of(*tensor);
    sizes_.after += forms.biases + (forms.as_it_is ? bytes_of(*tensor) : 0) +
                    (forms.half ? bytes_of(tensor->size(), DType::kFloat16) : 0);
    for (const auto& [plan, zero_points] : forms.integers)
      sizes_.after += bytes_of(tensor->size(), plan->params.dtype) +
                      params_bytes(plan->params.scale.size(), zero_points, plan->params.dtype);
  }
}

// A group has its parameters once.
int64_t SizePredictor::activation_params() const {
  std::set<std::string> groups;
  int64_t bytes = 0;
  for (const TensorPlan& tensor : plan_.tensors) {
    if (constants_.count(tensor.value) != 0) continue;
    if (tensor.source == Source::kDynamic) {
      bytes += bytes_of(std::ssize(tensor.channel_factors), DType::kFloat32);
      continue;
    }
    if (groups.insert(tensor.group.empty() ? tensor.value : tensor.group).second)
      bytes += params_bytes(1, 1, tensor.params.dtype);
    bytes += params_bytes(tensor.channel_factors.size(), tensor.channel_factors.size(),
                          tensor.params.dtype);
  }
  return bytes;
}

PlanSizes SizePredictor::run(const Graph& graph) {
  for_each_graph(graph, [this](const Graph& each) { add_constants(each); });
  sizes_.after += activation_params();
  return sizes_;
}

}  // namespace

PlanSizes predict_sizes(const Graph& graph, const QuantPlan& plan) {
  return SizePredictor(plan).run(graph);
}

}  // namespace qtool
