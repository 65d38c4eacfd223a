#include "passes/activation.h"

#include <cmath>
#include <limits>

#include "passes/rewrite.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A bound as the attribute of opset 6 or as the input of opset 11 and later; absent if not
// constant.
std::optional<float> clip_bound(const Graph& graph, const Node& node, std::string_view attribute,
                                std::size_t input, float fallback) {
  if (input_of(node, input) == ValueId::kNone) return attribute_or(node, attribute, fallback);
  const Tensor* bound = graph.constant_input(node, input);
  if (bound == nullptr || bound->dtype() != DType::kFloat32 || bound->size() != 1)
    return std::nullopt;
  return *bound->data<float>();
}

}  // namespace

std::optional<std::pair<float, float>> clip_range(const Graph& graph, const Node& node) {
  if (input_of(node, 0) == ValueId::kNone) return std::nullopt;
  if (is_op(node, "Relu")) return std::pair(0.f, kInfinity);
  if (!is_op(node, "Clip")) return std::nullopt;
  const std::optional<float> low = clip_bound(graph, node, "min", 1, -kInfinity);
  const std::optional<float> high = clip_bound(graph, node, "max", 2, kInfinity);
  if (!low || !high || !(*low <= *high)) return std::nullopt;
  return std::pair(*low, *high);
}

bool saturates(const std::pair<float, float>& interval, DType dtype, float scale,
               int32_t zero_point) {
  if (largest_number(dtype)) return false;  // float8 has both signs
  const auto zero = static_cast<float>(zero_point);
  const QuantRange range = quant_range(dtype);
  return std::nearbyint(interval.first / scale) + zero <= static_cast<float>(range.min) &&
         std::nearbyint(interval.second / scale) + zero >= static_cast<float>(range.max);
}

}  // namespace qtool
