#include "quant/plan_size.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "ir/text.h"

namespace qtool {
namespace {

constexpr const char* kNet = R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w1: float32[4, 2, 3, 3] = ramp(-0.7, 0.021)
const b1: float32[4] = [0.5, -0.25, 0.1, 0.0]
const w2: float32[4, 4, 1, 1] = ramp(0.4, -0.05)
const w3: float32[4, 3] = ramp(-0.3, 0.07)
const b3: float32[3] = [1, 2, 3]
const shape: int64[3] = [1, 9, 4]
c1: float32[1, 4, 6, 6] = Conv(x, w1, b1) {pads=[1, 1, 1, 1]} "conv1"
c2: float32[1, 4, 6, 6] = Conv(c1, w2) "conv2"
p: float32[1, 4, 3, 3] = MaxPool(c2) {kernel_shape=[2, 2], strides=[2, 2]} "pool"
h: float32[1, 9, 4] = Reshape(p, shape) "reshape"
y: float32[1, 9, 3] = MatMul(h, w3) "matmul"
z: float32[1, 9, 3] = Add(y, b3) "bias"
output z: float32[1, 9, 3]
)";

int64_t constant_bytes(const Graph& graph) {
  int64_t bytes = 0;
  for (const ValueId id : graph.values())
    if (graph.constant(id) != nullptr) bytes += static_cast<int64_t>(graph.constant(id)->bytes());
  return bytes;
}

TEST_CASE("the predicted sizes are those of the constants that apply_plan leaves") {
  QuantOptions options;
  options.mode = GENERATE(Mode::kStatic, Mode::kDynamic);
  options.weight.per_channel = GENERATE(true, false);
  options.weight.dtype = GENERATE(DType::kInt8, DType::kUInt8);
  Model model = parse_text(kNet);
  Ranges ranges;
  for (const std::string& value : values_to_calibrate(model, options).values)
    ranges.values[value] = {-1, 1};
  const QuantPlan plan = make_plan(model, ranges, options);
  const PlanSizes sizes = predict_sizes(model.graph, plan);
  CHECK(sizes.before == constant_bytes(model.graph));
  apply_plan(model, plan);
  CHECK(sizes.after == constant_bytes(model.graph));
}

TEST_CASE("packed types, blocks, float16 and constants in several forms have their sizes") {
  const Model model = parse_text(R"(
model ir 8 opset 21
graph net
input x: float32[2, 32]
const w: float32[32, 3] = 0.5
a: float32[2, 3] = MatMul(x, w) "a"
b: float32[2, 3] = MatMul(x, w) "b"
c: float32[2, 3] = MatMul(x, w) "c"
output a
output b
output c
)");
  constexpr int64_t kFloats = 4 * 96;
  QuantPlan plan;
  plan.nodes = {{"a", "MatMul", Mode::kWeightOnly, ""}, {"b", "MatMul", Mode::kFloat16, ""}};
  CHECK(predict_sizes(model.graph, plan).after == kFloats + kFloats / 2);
  TensorPlan& w = plan.tensors.emplace_back();
  w.value = "w";
  w.params = {DType::kInt4, std::vector<float>(6, 1.0f), std::vector<int32_t>(6, 0), 0, 16};
  w.readers = {"a"};
  const int64_t four_bits = 96 / 2 + 6 * 4 + 6 / 2;
  CHECK(predict_sizes(model.graph, plan).after == kFloats + kFloats / 2 + four_bits);
  plan.nodes.push_back({"c", "MatMul", Mode::kWeightOnly, ""});
  plan.tensors[0].readers.push_back("c");
  CHECK(predict_sizes(model.graph, plan).after == kFloats / 2 + four_bits);
}

}  // namespace
}  // namespace qtool
