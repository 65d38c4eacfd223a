#include "quant/params/bias_correction.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "ir/text.h"
#include "quant/params/weights.h"
#include "quant/plan.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

// Mean of each output channel of the model's only node, on constant channels with these means: the
// correction has to make up for rounding exactly.
std::vector<double> output_means(const Model& model, const Tensor& weight, const Tensor& x) {
  Model changed = model;
  changed.graph.set_constant(changed.graph.find("w"), Constant(weight));
  const Tensor y = Executor(changed).run({{"x", x}}).at("y");
  const int64_t channels = y.dim(1), slice = y.size() / channels;
  std::vector<double> means(static_cast<std::size_t>(channels));
  for (int64_t i = 0; i < y.size(); ++i)
    means[static_cast<std::size_t>(i / slice)] += y.data<float>()[i] / static_cast<double>(slice);
  return means;
}

TEST_CASE("the correction is what rounding the weights takes from the mean of each channel") {
  const auto [node, weight_shape, x_shape] = GENERATE(table<std::string, Shape, Shape>({
      {"Conv(x, w)", {4, 3, 3, 3}, {1, 3, 5, 5}},
      {"Conv(x, w) {group=3}", {6, 2, 3}, {1, 6, 8}},
      {"Gemm(x, w)", {5, 4}, {1, 5}},
      {"Gemm(x, w) {transB=1}", {4, 5}, {1, 5}},
  }));
  CAPTURE(node);
  const Model model = parse_text(fmt::format(R"(
model ir 8 opset 13
graph net
input x: float32{}
const w: float32{} = ramp(-0.7, 0.0137)
y = {} "node"
output y
)",
                                             to_string(x_shape), to_string(weight_shape), node));
  const Tensor& weight = *model.graph.constant(model.graph.find("w"));
  const std::vector<float> means = {0.5f, -1, 2, 0.25f, 3, -0.125f};
  Tensor x(DType::kFloat32, x_shape);
  const int64_t slice = x.size() / x_shape[1];
  for (int64_t i = 0; i < x.size(); ++i)
    x.mutable_data<float>()[i] = means[static_cast<std::size_t>(i / slice)];
  const QuantParams params = choose_weight_params(weight, {.dtype = DType::kInt4}, -1, -1);
  const Node& only = model.graph.node(testing::find_node(model.graph, "node"));
  const auto correction = bias_correction(
      only, weight, params, std::span(means).first(static_cast<std::size_t>(x_shape[1])));
  const auto expected = output_means(model, weight, x);
  const auto rounded = output_means(model, dequantize(quantize(weight, params), params), x);
  REQUIRE(correction.size() == expected.size());
  for (std::size_t c = 0; c < expected.size(); ++c) {
    CHECK(rounded[c] != Catch::Approx(expected[c]).margin(1e-3));
    CHECK(rounded[c] + correction[c] == Catch::Approx(expected[c]).margin(1e-5));
  }
  CHECK(bias_correction(only, weight, params, std::span(means).first(2)).empty());
}

TEST_CASE("other operators get no correction") {
  const Tensor weight = Tensor::of<float>({1, 1, 1}, {0.3f});
  const QuantParams params{.dtype = DType::kInt8, .scale = {1}, .zero_point = {0}};
  const std::vector<float> means = {1};
  CHECK(bias_correction({.op_type = "ConvTranspose"}, weight, params, means).empty());
}

}  // namespace
}  // namespace qtool
