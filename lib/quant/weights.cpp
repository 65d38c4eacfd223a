#include "quant/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qtool {
namespace {

struct MinMax {
  float min = 0;
  float max = 0;
};

// Smallest and largest element of each slice along the axis (one slice without an axis), with 0.
std::vector<MinMax> slice_ranges(const Tensor& weight, int axis) {
  const std::size_t a = axis < 0 ? 0 : static_cast<std::size_t>(axis);
  const int64_t slices = axis < 0 ? 1 : weight.dim(a);
  int64_t inner = 1;
  for (std::size_t i = a + 1; i < weight.rank(); ++i) inner *= weight.dim(i);
  std::vector<MinMax> ranges(static_cast<std::size_t>(slices));
  const float* data = weight.data<float>();
  for (int64_t i = 0; i < weight.size(); ++i) {
    MinMax& range = ranges[static_cast<std::size_t>(axis < 0 ? 0 : i / inner % slices)];
    if (!std::isfinite(data[i])) fail("the weight holds a value that is not finite");
    range.min = std::min(range.min, data[i]);
    range.max = std::max(range.max, data[i]);
  }
  return ranges;
}

}  // namespace

QuantParams choose_weight_params(const Tensor& weight, const WeightOptions& options) {
  QuantParams result{.dtype = options.dtype, .axis = options.axis};
  for (const MinMax& range : slice_ranges(weight, options.axis)) {
    const QuantParams one = choose_params(range.min, range.max, options.dtype, options.symmetric);
    result.scale.push_back(one.scale[0]);
    result.zero_point.push_back(one.zero_point[0]);
  }
  return result;
}

void fit_bias(QuantParams& params, const Tensor& weight, const Tensor& bias, float scale_x) {
  constexpr double kLargest = 1 << 30;
  const std::vector<MinMax> ranges = slice_ranges(weight, params.axis);
  for (std::size_t c = 0; c < params.scale.size(); ++c) {
    double largest = 0;
    for (int64_t i = 0; i < bias.size(); ++i)
      if (params.per_tensor() || static_cast<std::size_t>(i) == c)
        largest = std::max(largest, std::fabs(double(bias.data<float>()[i])));
    const double needed = std::max(largest / (double(scale_x) * kLargest),
                                   double(std::numeric_limits<float>::min()) / scale_x);
    const bool is_free = ranges[c].min == 0 && ranges[c].max == 0;
    if (largest > 0 && (is_free || params.scale[c] < needed))
      params.scale[c] = static_cast<float>(needed);
  }
}

}  // namespace qtool
