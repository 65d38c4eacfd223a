#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "ir/bodies.h"
#include "ir/text.h"
#include "runtime/executor.h"

// Kernels that have packed a weight let it go; what runs later must not miss it.
namespace qtool {
namespace {

Tensor ramp(const Shape& shape) {
  Tensor x(DType::kFloat32, shape);
  for (int64_t i = 0; i < x.size(); ++i) x.mutable_data<float>()[i] = float(i % 13) * 0.1f - 0.6f;
  return x;
}

// Runs both on inputs of these shapes, in this order.
void check_equal(const char* text, const std::vector<Shape>& shapes) {
  const Model model = parse_text(text);
  const Executor literal(model, {.fuse = false, .first = Provider::kReference});
  const Executor fast(model);
  for (const Shape& shape : shapes) {
    INFO(to_string(shape));
    const TensorMap feed = {{"x", ramp(shape)}};
    const TensorMap expected = literal.run(feed);
    const TensorMap actual = fast.run(feed);
    for (const auto& [name, e] : expected) {
      const Tensor& a = actual.at(name);
      REQUIRE(a.shape() == e.shape());
      for (int64_t i = 0; i < e.size(); ++i)
        CHECK(std::abs(e.data<float>()[i] - a.data<float>()[i]) < 1e-5f);
    }
  }
}

TEST_CASE("a convolution runs on other shapes after it packed its weight") {
  check_equal(R"(
model ir 8 opset 13
graph conv
input x: float32[N, 8, H, W]
const w: float32[16, 8, 3, 3] = ramp(-0.5, 0.001)
y: float32[N, 16, H, W] = Conv(x, w) {pads=[1, 1, 1, 1]}
output y: float32[N, 16, H, W]
)",
              {{1, 8, 9, 9}, {2, 8, 5, 31}, {1, 8, 1, 1}, {3, 8, 64, 2}, {1, 8, 9, 9}});
}

TEST_CASE("a product runs on other shapes after it packed its matrix, also on none") {
  check_equal(R"(
model ir 8 opset 13
graph gemm
input x: float32[N, 24]
const w: float32[24, 40] = ramp(-0.5, 0.001)
const v: float32[40, 16] = ramp(0.3, -0.0005)
const c: float32[16] = ramp(0, 1)
a: float32[N, 40] = MatMul(x, w)
y: float32[N, 16] = Gemm(a, v, c)
output y: float32[N, 16]
)",
              {{1, 24}, {70, 24}, {0, 24}, {7, 24}, {1, 24}});
}

TEST_CASE("a product runs on other ranks after it packed its matrix") {
  check_equal(R"(
model ir 8 opset 13
graph ranks
input x: float32
const w: float32[24, 40] = ramp(-0.5, 0.001)
y: float32 = MatMul(x, w)
output y: float32
)",
              {{5, 24}, {2, 3, 24}, {24}, {2, 1, 2, 24}, {5, 24}});
}

TEST_CASE("a weight that others read stays") {
  check_equal(R"(
model ir 8 opset 13
graph shared
input x: float32[N, 24]
const w: float32[24, 24] = ramp(-0.5, 0.001)
a: float32[N, 24] = MatMul(x, w)
b: float32[24, 24] = Neg(w)
c: float32[N, 24] = MatMul(a, w)
d: float32[24, 24] = Mul(w, x0)
y: float32[N, 24] = Add(c, a)
x0: float32[24, 1] = ReduceMean(w) {axes=[1], keepdims=1}
output y: float32[N, 24]
output b: float32[24, 24]
output w: float32[24, 24]
output d: float32[24, 24]
)",
              {{3, 24}, {1, 24}, {3, 24}});
}

TEST_CASE("a graph without elements has types and shapes") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph g
input x: float32[2]
const w: float32[2] = [1, 2]
y: float32[2] = Add(x, w)
output y: float32[2]
)");
  const Graph graph = without_elements(model.graph);
  const Tensor& w = *graph.constant(graph.find("w"));
  CHECK(w.shape() == Shape{2});
  CHECK(w.dtype() == DType::kFloat32);
  CHECK(w.raw() == nullptr);
  CHECK_THROWS_AS(w.data<float>(), Error);
  CHECK(model.graph.constant(model.graph.find("w"))->to_vector<float>() ==
        std::vector<float>{1, 2});
}

}  // namespace
}  // namespace qtool
