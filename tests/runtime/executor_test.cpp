#include "runtime/executor.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "kernels/onednn/isa.h"
#include "runtime/buffer_pool.h"

namespace qtool {
namespace {

constexpr const char* kChain = R"(
model ir 8 opset 13
graph chain
input x: float32[N, 2]
const one: float32[2] = 1
a: float32[N, 2] = Add(x, one) "add"
r: float32[N, 2] = Relu(a) "relu"
y: float32[N, 2] = Mul(r, r) "square"
output y: float32[N, 2]
output r: float32[N, 2]
)";

TEST_CASE("a model runs, for every size of a free dimension") {
  const Executor executor(parse_text(kChain));
  const TensorMap one = executor.run({{"x", Tensor::of<float>({1, 2}, {2, -3})}});
  CHECK(one.at("y").to_vector<float>() == std::vector<float>{9, 0});
  CHECK(one.at("r").to_vector<float>() == std::vector<float>{3, 0});
  const TensorMap two = executor.run({{"x", Tensor::of<float>({2, 2}, {0, 1, 2, 3})}});
  CHECK(two.at("y").to_vector<float>() == std::vector<float>{1, 4, 9, 16});
  // An earlier result is not overwritten by a later run.
  CHECK(one.at("y").to_vector<float>() == std::vector<float>{9, 0});
}

TEST_CASE("an observer sees the named values, inputs too") {
  const Executor executor(parse_text(kChain), {.observed = {"a", "x"}});
  std::map<std::string, std::vector<float>> seen;
  executor.run({{"x", Tensor::of<float>({1, 2}, {2, -3})}},
               [&](const std::string& name, const Tensor& value, Layout) {
                 seen[name] = value.to_vector<float>();
               });
  CHECK(seen == std::map<std::string, std::vector<float>>{{"a", {3, -2}}, {"x", {2, -3}}});
}

TEST_CASE("an observer is told that an image lies channels-last; outputs never do") {
  const Executor executor(parse_text(R"(
model ir 8 opset 13
graph image
input x: float32[1, 1, 1, 3]
const w: float32[2, 1, 1, 1] = [1, 10]
a: float32[1, 2, 1, 3] = Conv(x, w)
y: float32[1, 2, 1, 3] = Relu(a)
output y: float32[1, 2, 1, 3]
)"),
                          {.observed = {"a", "y"}});
  std::map<std::string, std::pair<Layout, std::vector<float>>> seen;
  const TensorMap outputs =
      executor.run({{"x", Tensor::of<float>({1, 1, 1, 3}, {1, -2, 3})}},
                   [&](const std::string& name, const Tensor& value, Layout layout) {
                     seen[name] = {layout, value.to_vector<float>()};
                   });
  const std::vector<float> a_last = {1, 10, -2, -20, 3, 30};
  const std::vector<float> y_first = {1, 0, 3, 10, 0, 30};
  CHECK(seen.at("a") == std::pair(Layout::kChannelsLast, a_last));
  CHECK(seen.at("y") == std::pair(Layout::kChannelsFirst, y_first));
  CHECK(outputs.at("y").to_vector<float>() == y_first);
}

TEST_CASE("a wrong feed is named") {
  const Executor executor(parse_text(kChain));
  CHECK(error_of([&] { executor.run({}); }).find("'x'") != std::string::npos);
  CHECK(error_of([&] {
          executor.run({{"x", Tensor::of<float>({1, 3}, {1, 2, 3})}});
        }).find("[1, 3]") != std::string::npos);
  CHECK(error_of([&] {
          executor.run({{"x", Tensor::of<int64_t>({1, 2}, {1, 2})}});
        }).find("int64") != std::string::npos);
}

TEST_CASE("an operator that cannot run is named with its node") {
  const Model model = parse_text(R"(
model ir 8 opset 13 my.domain 1
graph unknown
input x: float32[2]
y: float32[2] = my.domain.Magic(x) "wand"
output y: float32[2]
)");
  const std::string text = error_of([&] { Executor executor(model); });
  CHECK(text.find("wand") != std::string::npos);
  CHECK(text.find("my.domain.Magic") != std::string::npos);
}

TEST_CASE("fusing an activation changes nothing but the steps") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph fused
input x: float32[1, 2, 3, 3]
const w: float32[4, 2, 3, 3] = ramp(-0.5, 0.02)
const low: float32[] = -0.25
const high: float32[] = 0.5
c: float32[1, 4, 3, 3] = Conv(x, w) {pads=[1, 1, 1, 1]} "conv"
y: float32[1, 4, 3, 3] = Clip(c, low, high) "clip"
output y: float32[1, 4, 3, 3]
)");
  Tensor x(DType::kFloat32, {1, 2, 3, 3});
  for (int64_t i = 0; i < x.size(); ++i) x.mutable_data<float>()[i] = float(i % 5) * 0.3f - 0.6f;
  const Executor literal(model, {.fuse = false, .first = Provider::kReference});
  const Tensor expected = literal.run({{"x", x}}).at("y");
  CHECK(literal.steps().size() == 2);
  for (const Provider first : {Provider::kReference, Provider::kOneDnn}) {
    if (first == Provider::kOneDnn && !onednn::is_there()) continue;
    const Executor fused(model, {.first = first});
    std::vector<Executor::Step> steps = fused.steps();
    std::erase_if(steps, [](const Executor::Step& s) { return s.op_type == "Transpose"; });
    REQUIRE(steps.size() == 1);
    CHECK(steps[0].provider == first);
    const Tensor actual = fused.run({{"x", x}}).at("y");
    for (int64_t i = 0; i < expected.size(); ++i)
      CHECK(std::abs(expected.data<float>()[i] - actual.data<float>()[i]) < 1e-6f);
  }
}

TEST_CASE("a profile counts two operations for each product that is summed up") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph counted
input x: float32[2, 4, 5, 5]
input a: uint8[3, 8]
input g: float32[6, 3]
const w: float32[6, 2, 3, 3] = 0.5
const b: int8[8, 7] = 1
const h: float32[5, 6] = 1.0
y: float32[2, 6, 3, 3] = Conv(x, w) {group=2}
z: int32[3, 7] = MatMulInteger(a, b)
t: float32[3, 5] = Gemm(g, h) {transA=1, transB=1}
r: float32[3, 5] = Sqrt(t)
output y
output z
output r
)");
  const Executor executor(model, {.profile = true});
  executor.run({{"x", Tensor::of<float>({2, 4, 5, 5}, std::vector<float>(200, 1))},
                {"a", Tensor::of<uint8_t>({3, 8}, std::vector<uint8_t>(24, 1))},
                {"g", Tensor::of<float>({6, 3}, std::vector<float>(18, 1))}});
  std::map<std::string, Work> works;
  for (const Executor::Step& step : executor.steps()) works[step.op_type] = step.work;
  CHECK(works["qtool.internal.FusedConv"].operations == 2 * (2 * 6 * 3 * 3) * (2 * 3 * 3));
  CHECK(works["MatMulInteger"].operations == 2 * (3 * 7) * 8);
  CHECK(works["MatMulInteger"].is_of_bytes);
  CHECK(works["Gemm"].operations == 2 * (3 * 5) * 6);
  CHECK_FALSE(works["Gemm"].is_of_bytes);
  CHECK(works["Sqrt"].operations == 0);
}

TEST_CASE("the pool takes a buffer again once nobody holds it") {
  BufferPool pool;
  const void* first = nullptr;
  {
    const Tensor tensor = pool.allocate(DType::kFloat32, {100});
    first = tensor.raw();
    CHECK(pool.allocate(DType::kFloat32, {100}).raw() != first);
  }
  CHECK(pool.allocate(DType::kInt8, {400}).raw() == first);
  CHECK(pool.bytes() == 2 * 512);
}

}  // namespace
}  // namespace qtool
