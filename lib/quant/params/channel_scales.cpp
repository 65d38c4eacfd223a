#include "quant/params/channel_scales.h"

#include <algorithm>
#include <limits>

#include "passes/rewrite.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// The scale that fits [range.min, range.max], which holds 0, with `below` and `above` steps on both
// sides of the zero point; infinite if one side has none and needs some.
double fitting_scale(const Range& range, int32_t below, int32_t above) {
  const auto side = [](double width, int32_t steps) {
    return width <= 0 ? 0 : width / steps;  // steps 0: infinite
  };
  return std::max(side(range.max, above), side(-range.min, below));
}

bool is_depthwise(const Graph& graph, const Node& node) {
  const Tensor* weight = graph.constant_input(node, 1);
  return is_op(node, "Conv") && weight != nullptr && weight->rank() >= 3 && weight->dim(1) == 1 &&
         attribute_or<int64_t>(node, "group", 1) == weight->dim(0) &&
         graph.value(node.inputs[1]).consumers.size() == 1;
}

// A product of the value, as first operand, with a matrix that nobody else reads.
bool is_product_by_own_weight(const Graph& graph, const Node& node) {
  const Tensor* weight = graph.constant_input(node, 1);
  return (is_op(node, "MatMul") || is_op(node, "Gemm")) && weight != nullptr &&
         weight->rank() == 2 && attribute_or<int64_t>(node, "transA", 0) == 0 &&
         graph.value(node.inputs[1]).consumers.size() == 1;
}

}  // namespace

ChannelScales choose_channel_scales(std::span<const Range> channels, DType dtype) {
  const auto [qmin, qmax] = quant_range(dtype);
  ChannelScales best;
  double least = std::numeric_limits<double>::infinity();
  for (int32_t zero_point = qmin; zero_point <= qmax; ++zero_point) {
    ChannelScales scales{{}, zero_point};
    double error = 0;
    for (const Range& range : channels) {
      const double scale = fitting_scale(range, zero_point - qmin, qmax - zero_point);
      const double width = std::max(range.max, 0.0f) - std::min(range.min, 0.0f);
      if (width > 0) error += scale / width * (scale / width);
      scales.scale.push_back(static_cast<float>(scale));
    }
    if (error >= least) continue;
    least = error;
    best = std::move(scales);
  }
  if (best.scale.empty()) return {std::vector<float>(channels.size(), 1.0f), qmin};
  const float largest = *std::max_element(best.scale.begin(), best.scale.end());
  for (float& scale : best.scale)
    if (scale < std::numeric_limits<float>::min()) scale = largest > 0 ? largest : 1.0f;
  return best;
}

std::vector<NodeId> dynamic_readers_that_scale(const Graph& graph, const Selection& selection,
                                               ValueId value) {
  std::vector<NodeId> readers;
  for (const NodeId id : graph.value(value).consumers) {
    if (!selection.is(id, Mode::kDynamic)) continue;
    if (!is_product_by_own_weight(graph, graph.node(id))) return {};
    readers.push_back(id);
  }
  return readers;
}

std::vector<NodeId> readers_that_scale(const Graph& graph, const Selection& selection,
                                       ValueId value, const QuantOptions& options) {
  const auto is_static = [&](NodeId id) { return selection.is(id, Mode::kStatic); };
  const NodeId producer = graph.value(value).producer;
  const bool is_float8 = largest_number(options.activation.dtype).has_value();
  if (producer == NodeId::kNone || is_static(producer) || is_float8) return {};
  std::vector<NodeId> readers;
  const std::vector<NodeId>& all = graph.value(value).consumers;
  std::copy_if(all.begin(), all.end(), std::back_inserter(readers), is_static);
  const auto all_are = [&](bool (*kind)(const Graph&, const Node&)) {
    return std::all_of(readers.begin(), readers.end(),
                       [&](NodeId id) { return kind(graph, graph.node(id)); });
  };
  const bool scales =
      all_are(is_product_by_own_weight) || (!options.activation.symmetric && all_are(is_depthwise));
  return scales ? readers : std::vector<NodeId>();
}

bool scales_last_axis(const Node& reader) { return !is_op(reader, "Conv"); }

bool reads_transposed(const Node& reader) {
  return is_op(reader, "Gemm") && attribute_or<int64_t>(reader, "transB", 0) != 0;
}

Tensor scale_channels(const Node& reader, const Tensor& weight, std::span<const float> factors) {
  const bool transposed = reads_transposed(reader);
  if (weight.dim(transposed ? 1 : 0) != std::ssize(factors))
    fail("the plan has {} factors for the {} channels that '{}' reads", factors.size(),
         weight.dim(transposed ? 1 : 0), reader.name);
  Tensor result = weight.clone();
  const int64_t slice = transposed ? 1 : weight.size() / std::max<int64_t>(weight.dim(0), 1);
  for (int64_t i = 0; i < result.size(); ++i)
    result.mutable_data<float>()[i] *=
        factors[static_cast<std::size_t>(i / slice) % factors.size()];
  return result;
}

}  // namespace qtool
