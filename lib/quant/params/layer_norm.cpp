#include "quant/params/layer_norm.h"

#include <array>
#include <cmath>

#include "base/named.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr std::array<Named<LayerNormInputs>, 5> kNormalizations = {{
    {"LayerNormalization", {1, 2}},
    {"RMSNormalization", {1, {}}},
    {"SimplifiedLayerNormalization", {1, {}}},
    {"com.microsoft.SkipLayerNormalization", {2, 3}},
    {"com.microsoft.SkipSimplifiedLayerNormalization", {2, {}}},
}};

constexpr float kDeviations = 4;

bool is_vector(const Tensor* tensor) {
  return tensor != nullptr && tensor->rank() == 1 && tensor->dtype() == DType::kFloat32;
}

}  // namespace

std::optional<LayerNormInputs> layer_norm_inputs(const Graph& graph, const Node& node) {
  auto found = find_named(kNormalizations, full_op_type(node));
  if (!found || !is_vector(graph.constant_input(node, found->scale))) return std::nullopt;
  if (found->shift && input_of(node, *found->shift) == ValueId::kNone) found->shift.reset();
  if (found->shift && !is_vector(graph.constant_input(node, *found->shift))) return std::nullopt;
  return found;
}

std::vector<Range> layer_norm_channels(const Graph& graph, const Node& node) {
  const std::optional<LayerNormInputs> inputs = layer_norm_inputs(graph, node);
  QTOOL_ASSERT(inputs);
  const Tensor& scale = *graph.constant_input(node, inputs->scale);
  const Tensor* shift = inputs->shift ? graph.constant_input(node, *inputs->shift) : nullptr;
  std::vector<Range> channels;
  for (int64_t c = 0; c < scale.size(); ++c) {
    const float center = shift == nullptr ? 0 : shift->data<float>()[c];
    const float width = kDeviations * std::fabs(scale.data<float>()[c]);
    channels.push_back({center - width, center + width});
  }
  return channels;
}

}  // namespace qtool
