#include "passes/accumulator_bias.h"

#include <algorithm>
#include <cmath>

#include "tensor/quant_params.h"

namespace qtool {
namespace {

bool is_zero(const Graph& graph, ValueId zero_point) {
  if (zero_point == ValueId::kNone) return true;
  const Tensor* tensor = graph.constant(zero_point);
  if (tensor == nullptr) return false;
  const std::vector<int64_t> values = to_int64s(*tensor);
  return std::all_of(values.begin(), values.end(), [](int64_t z) { return z == 0; });
}

}  // namespace

std::optional<std::vector<float>> product_scales(const Graph& graph, const Node& node,
                                                 ValueId scale_x, ValueId scale_w) {
  const Tensor* x = graph.constant(scale_x);
  const Tensor* w = graph.constant(scale_w);
  if (x == nullptr || w == nullptr || x->dtype() != DType::kFloat32 ||
      w->dtype() != DType::kFloat32 || x->size() != 1)
    return std::nullopt;
  const float alpha = attribute_or<float>(node, "alpha", 1);
  std::vector<float> scales = w->to_vector<float>();
  for (float& scale : scales) scale *= alpha * *x->data<float>();
  return scales;
}

bool is_accumulator_bias(const Graph& graph, const Quantized& bias,
                         const std::vector<float>& scales) {
  constexpr float kRounding = 1e-5f;  // relative; float32 products of other tools differ by an ulp
  const Tensor* given = graph.constant(bias.scale);
  if (bias.dtype != DType::kInt32 || given == nullptr || given->dtype() != DType::kFloat32 ||
      !is_zero(graph, bias.zero_point))
    return false;
  const auto count = static_cast<std::size_t>(given->size());
  if (count != scales.size() && count != 1 && scales.size() != 1) return false;
  for (std::size_t c = 0; c < std::max(count, scales.size()); ++c) {
    const float scale = given->data<float>()[count == 1 ? 0 : c];
    const float product = scales[scales.size() == 1 ? 0 : c];
    if (!(std::fabs(scale - product) <= kRounding * std::fabs(product))) return false;
  }
  return true;
}

std::optional<int> bias_axis(const ValueType& bias, std::size_t scales) {
  if (scales == 1) return -1;
  if (!bias.shape || bias.shape->empty() ||
      bias.shape->back().value != static_cast<int64_t>(scales))
    return std::nullopt;
  return static_cast<int>(bias.shape->size()) - 1;
}

std::optional<Tensor> quantize_bias(const Tensor& bias, const std::vector<float>& scales,
                                    float output_step) {
  constexpr double kLargest = 1 << 30;
  constexpr float kFine = 0.25f;  // of a step of the output
  const auto axis = bias_axis(tensor_type(bias.dtype(), bias.shape()), scales.size());
  if (bias.dtype() != DType::kFloat32 || !axis) return std::nullopt;
  for (const float scale : scales)
    if (!(scale > 0 && scale <= kFine * output_step)) return std::nullopt;
  for (int64_t i = 0; i < bias.size(); ++i) {
    const double scale = scales[static_cast<std::size_t>(i) % scales.size()];
    if (!(std::fabs(bias.data<float>()[i]) <= kLargest * scale)) return std::nullopt;
  }
  return quantize(bias, {.dtype = DType::kInt32,
                         .scale = scales,
                         .zero_point = std::vector<int32_t>(scales.size(), 0),
                         .axis = *axis});
}

}  // namespace qtool
