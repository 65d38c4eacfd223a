#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "quant/plan.h"
#include "runtime/executor.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr const char* kNet = R"(
model ir 9 opset 19
graph net
input x: float32[1, 2, 4, 4]
const w: float32[3, 2, 1, 1] = ramp(-0.7, 0.3)
const b: float32[3] = [0.5, -0.25, 0.1]
const v: float32[1, 3, 1, 1] = [1, -2, 3]
c: float32[1, 3, 4, 4] = Conv(x, w, b) "conv"
r: float32[1, 3, 4, 4] = Relu(c) "relu"
y: float32[1, 1, 4, 4] = Conv(r, v) "last"
output y: float32[1, 1, 4, 4]
)";

QuantOptions float8_options() {
  QuantOptions options{.activation = {DType::kFloat8E4M3FN, true},
                       .weight = {.dtype = DType::kFloat8E4M3FN}};
  options.float_bias = options.float_clip = true;
  return options;
}

const Ranges kRanges = {.values = {{"x", {-2, 1}}, {"r", {0, 4.48F}}, {"y", {-3, 7}}}};

QuantPlan plan(const QuantOptions& options) {
  return make_plan(parse_text(kNet), kRanges, options);
}

TEST_CASE("float8 is planned with zero point 0 and scales onto its largest number") {
  const QuantPlan made = plan(float8_options());
  CHECK(required_opset(made) == 19);
  for (const NodePlan& node : made.nodes) {
    INFO(node.node << ": " << node.reason);
    CHECK(node.mode == Mode::kStatic);
    CHECK_FALSE(node.absorbed);
  }
  std::map<std::string, std::vector<float>> scales;
  for (const TensorPlan& tensor : made.tensors) {
    CHECK(tensor.params.dtype == DType::kFloat8E4M3FN);
    CHECK(tensor.params.zero_point == std::vector<int32_t>(tensor.params.scale.size()));
    scales[tensor.value] = tensor.params.scale;
  }
  CHECK(scales.at("x") == std::vector<float>{2.0F / 448});
  CHECK(scales.at("r") == std::vector<float>{4.48F / 448});
  CHECK(scales.at("w").size() == 3);
  CHECK_FALSE(scales.contains("b"));
  CHECK_FALSE(scales.contains("c"));  // the Relu behind it is
}

TEST_CASE("a float8 model runs, fused or node by node, near the float one") {
  Model model = parse_text(kNet);
  Tensor x(DType::kFloat32, {1, 2, 4, 4});
  for (int i = 0; i < 32; ++i) x.mutable_data<float>()[i] = 0.09F * static_cast<float>(i) - 1.9F;
  const Tensor expected = Executor(model).run({{"x", x}}).at("y");
  apply_plan(model, plan(float8_options()));
  const Tensor fused = Executor(model).run({{"x", x}}).at("y");
  const Tensor literal = Executor(model, {.fuse = false}).run({{"x", x}}).at("y");
  for (int64_t i = 0; i < expected.size(); ++i) {
    // Three roundings of 2^-4 at most: x, w; r, v; y. Sums do not cancel to less than a tenth.
    CHECK(std::abs(fused.data<float>()[i] - expected.data<float>()[i]) < 1.0F);
    CHECK(std::abs(fused.data<float>()[i] - literal.data<float>()[i]) < 1e-4F);
  }
}

TEST_CASE("float8 goes with float8 only") {
  QuantOptions options = float8_options();
  options.weight.dtype = DType::kInt8;
  for (const NodePlan& node : plan(options).nodes)
    if (node.op_type == "Conv") CHECK(node.reason == "float8 activations go with float8 weights");
}

TEST_CASE("method distribution is refused for integers, with the reason") {
  const Model model = parse_text(kNet);
  const RangeChoice all{.method = RangeMethod::kDistribution};
  CHECK_THAT(error_of([&] { range_choices(model, all, {}); }),
             ContainsSubstring("method distribution is for float8") &&
                 ContainsSubstring("uint8 would cut off all beyond 1.7 standard deviations"));
  for (const auto& [value, choice] : range_choices(model, all, float8_options()))
    CHECK(choice.grid.float_type == DType::kFloat8E4M3FN);
}

}  // namespace
}  // namespace qtool
