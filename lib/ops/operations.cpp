#include "ops/operations.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/quantized_inputs.h"

namespace qtool {
namespace {

// Elements that are summed up for one of the output, by the shapes of the factors.
using Depth = int64_t (*)(const Node&, const Tensor& x, const Tensor& w);

// Of a weight [M, C / groups, kernel...].
int64_t of_filters(const Node&, const Tensor&, const Tensor& w) {
  return w.rank() == 0 || w.dim(0) == 0 ? 0 : w.size() / w.dim(0);
}

int64_t of_rows(const Node& node, const Tensor& x, const Tensor&) {
  if (x.rank() == 0) return 0;
  return attribute_or<int64_t>(node, "transA", 0) != 0 ? x.dim(0) : x.shape().back();
}

struct Product {
  std::string_view op_type;
  Depth depth;
  std::size_t weight;  // its input; the other factor is input 0
};

constexpr auto kProducts = std::to_array<Product>({
    {"Conv", of_filters, 1},
    {"ConvInteger", of_filters, 1},
    {"ConvIntegerToFloat", of_filters, 1},
    {"DynamicQuantizeMatMul", of_rows, 1},
    {"FusedConv", of_filters, 1},
    {"FusedGemm", of_rows, 1},
    {"FusedMatMul", of_rows, 1},
    {"Gemm", of_rows, 1},
    {"MatMul", of_rows, 1},
    {"MatMulInteger", of_rows, 1},
    {"MatMulIntegerToFloat", of_rows, 1},
    {"QGemm", of_rows, 3},
    {"QLinearConv", of_filters, 3},
    {"QLinearMatMul", of_rows, 3},
});

bool is_tensor(const Datum* datum) { return datum != nullptr && datum->is_tensor(); }

}  // namespace

Work work_of(const Node& node, std::span<const Datum* const> inputs,
             std::span<const Datum> outputs) {
  const auto product = std::find_if(kProducts.begin(), kProducts.end(), [&](const Product& each) {
    return each.op_type == node.op_type;
  });
  if (product == kProducts.end() || inputs.size() <= product->weight || outputs.empty() ||
      !is_tensor(inputs[0]) || !is_tensor(inputs[product->weight]) || !outputs[0].is_tensor())
    return {};
  const Tensor& x = inputs[0]->tensor();
  const Tensor& w = inputs[product->weight]->tensor();
  const auto size = static_cast<double>(outputs[0].tensor().size());
  return {2 * size * static_cast<double>(product->depth(node, x, w)), is_byte(w.dtype())};
}

}  // namespace qtool
