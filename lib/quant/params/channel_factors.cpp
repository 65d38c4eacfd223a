#include "quant/params/channel_factors.h"

#include <algorithm>

#include "quant/params/channel_scales.h"
#include "quant/params/layer_norm.h"
#include "quant/params/product_scales.h"
#include "quant/select/rules.h"

namespace qtool {
namespace {

// Channels that a depthwise convolution reads get scales of their own; the value's is the largest.
void scale_channels_apart(const std::vector<Range>& channels, const QuantOptions& options,
                          QuantParams& params, std::vector<float>& factors) {
  const ChannelScales scales = choose_channel_scales(channels, options.activation.dtype);
  const float largest = *std::max_element(scales.scale.begin(), scales.scale.end());
  params = {
      .dtype = options.activation.dtype, .scale = {largest}, .zero_point = {scales.zero_point}};
  for (const float scale : scales.scale) factors.push_back(scale / largest);
}

// Factors for the channels of a value that products read.
std::vector<float> product_factors(const Graph& graph, const std::vector<NodeId>& readers,
                                   const std::vector<Range>& channels,
                                   const ActivationScheme& activation, const WeightScheme& scheme) {
  std::vector<ProductWeight> weights;
  for (const NodeId id : readers) {
    const Node& node = graph.node(id);
    weights.push_back({graph.constant_input(node, 1), reads_transposed(node)});
  }
  return choose_product_factors(channels, weights, activation, scheme);
}

// Channels that products read are divided by factors, and have one scale then.
void divide_channels(const std::vector<Range>& channels, const std::vector<float>& factors,
                     const ActivationScheme& activation, QuantParams& params) {
  Range range;
  for (std::size_t c = 0; c < factors.size(); ++c)
    range = {std::min(range.min, channels[c].min / factors[c]),
             std::max(range.max, channels[c].max / factors[c])};
  if (!factors.empty())
    params = choose_params(range.min, range.max, activation.dtype, activation.symmetric);
}

}  // namespace

ChannelFactors choose_channel_factors(const Graph& graph, const Selection& selection,
                                      const Ranges& ranges, const QuantOptions& options,
                                      std::map<ValueId, QuantParams>& params) {
  ChannelFactors result;
  for (const ValueId value : selection.activations) {
    const auto measured = ranges.channels.find(graph.value(value).name);
    const auto readers = readers_that_scale(graph, selection, value, options);
    if (measured == ranges.channels.end() || readers.empty() ||
        resolve_tensor_rule(graph.value(value).name, options).speaks())
      continue;
    std::vector<float> factors;
    if (scales_last_axis(graph.node(readers[0]))) {
      factors =
          product_factors(graph, readers, measured->second, options.activation, options.weight);
      divide_channels(measured->second, factors, options.activation, params[value]);
    } else {
      scale_channels_apart(measured->second, options, params[value], factors);
    }
    if (!factors.empty()) result[value] = std::move(factors);
  }
  return result;
}

ChannelFactors choose_dynamic_factors(const Graph& graph, const Selection& selection,
                                      const QuantOptions& options) {
  ChannelFactors result;
  const std::set<ValueId> captured = graph.captured();
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (!layer_norm_inputs(graph, node)) continue;
    const ValueId value = node.outputs[0];
    const auto readers = dynamic_readers_that_scale(graph, selection, value);
    if (readers.empty() || selection.activations.contains(value) || captured.contains(value) ||
        resolve_tensor_rule(graph.value(value).name, options).speaks())
      continue;
    std::vector<float> factors =
        product_factors(graph, readers, layer_norm_channels(graph, node), {}, options.weight);
    if (!factors.empty()) result[value] = std::move(factors);
  }
  return result;
}

Tensor effective_weight(const Graph& graph, const Selection& selection, const WeightUse& use,
                        const ChannelFactors& factors) {
  const Node& node = graph.node(use.node);
  const Tensor& tensor = *graph.constant_input(node, use.input);
  const auto it = factors.find(node.inputs[0]);
  const Mode scaled =
      selection.activations.contains(node.inputs[0]) ? Mode::kStatic : Mode::kDynamic;
  if (it == factors.end() || use.input != 1 || !selection.is(use.node, scaled)) return tensor;
  return scale_channels(node, tensor, it->second);
}

}  // namespace qtool
