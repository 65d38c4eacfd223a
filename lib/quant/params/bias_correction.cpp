#include "quant/params/bias_correction.h"

#include "passes/rewrite.h"
#include "quant/params/channel_scales.h"

namespace qtool {
namespace {

// A weight as [outputs, inputs of a group, elements of a kernel], in steps through its elements.
struct WeightLayout {
  int64_t outputs, inputs, kernel, output_step, input_step, groups;
};

WeightLayout layout_of(const Node& node, const Tensor& weight) {
  const int64_t rows = weight.dim(0), columns = weight.dim(1);
  if (is_op(node, "Gemm") && !reads_transposed(node)) return {columns, rows, 1, 1, columns, 1};
  const int64_t kernel = rows * columns == 0 ? 0 : weight.size() / (rows * columns);
  return {rows,   columns,
          kernel, columns * kernel,
          kernel, is_op(node, "Conv") ? attribute_or<int64_t>(node, "group", 1) : 1};
}

}  // namespace

std::optional<int> means_axis(const Node& node) {
  if (is_op(node, "Conv")) return 1;
  if (is_op(node, "Gemm") && attribute_or<int64_t>(node, "transA", 0) == 0) return -1;
  return std::nullopt;
}

std::vector<float> bias_correction(const Node& node, const Tensor& weight,
                                   const QuantParams& params, std::span<const float> means) {
  if (!means_axis(node)) return {};
  const WeightLayout layout = layout_of(node, weight);
  if (std::ssize(means) != layout.inputs * layout.groups) return {};
  const Tensor rounded = dequantize(quantize(weight, params), params);
  const float *w = weight.data<float>(), *q = rounded.data<float>();
  std::vector<float> correction;
  for (int64_t o = 0; o < layout.outputs; ++o) {
    const int64_t group = o / (layout.outputs / layout.groups);
    double shift = 0;
    for (int64_t i = 0; i < layout.inputs; ++i) {
      double error = 0;
      for (int64_t k = 0; k < layout.kernel; ++k) {
        const int64_t at = o * layout.output_step + i * layout.input_step + k;
        error += double{q[at]} - w[at];
      }
      shift -= error * means[static_cast<std::size_t>(group * layout.inputs + i)];
    }
    correction.push_back(static_cast<float>(shift));
  }
  return correction;
}

}  // namespace qtool
