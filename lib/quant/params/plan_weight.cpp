#include "quant/params/plan_weight.h"

#include <algorithm>

#include "ops/op.h"
#include "passes/rewrite.h"
#include "quant/apply/apply_lstm.h"
#include "quant/params/weights.h"

namespace qtool {
namespace {

// What the options for all nodes leave to what reads the weight. One scale for the whole tensor is
// for kernels of products and convolutions that take no more; DequantizeLinear and
// DynamicQuantizeLSTM take one for each channel. All take zero points of channels too but ConvInteger
// and the fused layers.
WeightScheme scheme_for(const Node& node, const WeightUse& use, Mode mode,
                        const NodeRequest& request) {
  WeightScheme scheme = request.weight;
  const bool takes_channels = mode == Mode::kWeightOnly || is_op(node, "LSTM");
  if (takes_channels && !request.per_channel_asked) scheme.per_channel = true;
  if (request.symmetric_asked || !scheme.per_channel) return scheme;
  const bool is_product = is_op(node, "MatMul") || is_op(node, "Gemm");
  if (mode == Mode::kDynamic && !is_product) scheme.symmetric = true;
  if (mode == Mode::kWeightOnly && bits(scheme.dtype) == 8 && use.axis != kPerTensor)
    scheme.symmetric = false;
  return scheme;
}

QuantParams choose_params(const Node& node, const WeightUse& use, const Tensor& tensor, Mode mode,
                          const WeightScheme& scheme) {
  if (is_op(node, "LSTM") && mode == Mode::kDynamic) return lstm_weight_params(tensor, scheme);
  return choose_weight_params(tensor, scheme, use.axis, use.block_axis);
}

// Raises the scale of a weight whose node adds a bias to it; see fit_bias.
void fit_to_bias(const Graph& graph, const WeightUse& use, const Tensor& tensor, float scale_x,
                 QuantParams& params) {
  const Node& node = graph.node(use.node);
  const Tensor* bias = graph.constant_input(node, 2);
  if (use.input == 1 && bias != nullptr && input_role(quant_traits(node), 2) == Role::kBias)
    fit_bias(params, tensor, *bias, scale_x);
}

// Whether products of uint8 activations and int8 weights are added.
bool adds_mixed_products(Mode mode, const QuantParams* x, const QuantParams& weight) {
  const bool is_unsigned = x != nullptr ? x->dtype == DType::kUInt8 : mode == Mode::kDynamic;
  return is_unsigned && weight.dtype == DType::kInt8;
}

// Raises the scales where pairs of products would saturate, and says so; see fit_pairs.
std::string fit_to_pairs(const WeightUse& use, const Tensor& tensor, QuantParams& params) {
  if (std::any_of(params.zero_point.begin(), params.zero_point.end(), [](int32_t z) { return z; }))
    return "sums of pairs may pass 16 bits: weights are asymmetric";
  const std::size_t raised = fit_pairs(params, tensor, use.axis);
  if (raised == 0) return {};
  return fmt::format("{} of {} scales of weights are raised: sums of pairs could pass 16 bits",
                     raised, params.scale.size());
}

}  // namespace

PlannedWeight plan_weight(const Graph& graph, const WeightUse& use, const Tensor& tensor, Mode mode,
                          const NodeRequest& request, const QuantParams* x, bool int32_bias) {
  const Node& node = graph.node(use.node);
  const WeightScheme scheme = scheme_for(node, use, mode, request);
  PlannedWeight result{choose_params(node, use, tensor, mode, scheme), {}};
  if (x != nullptr && int32_bias) fit_to_bias(graph, use, tensor, x->scale[0], result.params);
  if (scheme.fit_pairs && adds_mixed_products(mode, x, result.params))
    result.note = fit_to_pairs(use, tensor, result.params);
  return result;
}

}  // namespace qtool
