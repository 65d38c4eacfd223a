#include "measure/compare_layers.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "ir/text.h"
#include "measure/twins.h"
#include "onnx_io/onnx_io.h"
#include "temp_folder.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

// Two products and a Relu; y1 and y2 are theirs.
Model model_of(const std::string& body) {
  Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[1, 2]\n"
      "const s: float32[] = 0.5\nconst z: int8[] = 0\nconst u: uint8[] = 0\n"
      "const v: float32[2, 2] = [1, 0, 0, 1]\noutput y3: float32[1, 2]\n" +
      body);
  infer_types(model);
  return model;
}

const char* const kFloat = R"(
const w: float32[2, 2] = [1, 2, 3, 4]
y1: float32[1, 2] = MatMul(x, w) "one"
y2: float32[1, 2] = MatMul(y1, v) "two"
y3: float32[1, 2] = Relu(y2) "relu"
)";

// The first product has a weight that is wrong, the second's output is rounded to halves; Relu is in it.
const char* const kQuantized = R"(
const w: float32[2, 2] = [1, 2, 3, 5]
y1: float32[1, 2] = MatMul(x, w) "one"
y3: float32[1, 2] = MatMul(y1, v) "two"
)";

std::vector<LayerError> compared(const Model& other) {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({1, 2}, {1, 1.2F}));
  const Model first = model_of(kFloat);
  return compare_layers(first, other, SampleReader(first.graph, folder.path() / "x.npy"));
}

double decibel(double signal, double noise) { return 10 * std::log10(signal / noise); }

TEST_CASE("the layer that is wrong comes first, alone and with what it does to those behind it") {
  const auto layers = compared(model_of(kQuantized));
  // y1 is (4.6, 6.8) and becomes (4.6, 8); the second product is exact by itself.
  REQUIRE(layers.size() >= 2);
  CHECK(layers[0].node == "one");
  CHECK(layers[0].value == "y1");
  CHECK(layers[0].alone.sqnr_db() == Catch::Approx(decibel(4.6 * 4.6 + 6.8 * 6.8, 1.44)));
  CHECK(*layers[0].weight_sqnr_db == Catch::Approx(decibel(30, 1)));
  CHECK(layers[1].node == "two");
  CHECK(std::isinf(layers[1].alone.sqnr_db()));
  CHECK(layers[1].so_far.sqnr_db() == Catch::Approx(layers[0].alone.sqnr_db()));
}

TEST_CASE(
    "values are compared as their readers see them: quantized, cut off at the ends of the "
    "integers") {
  const Model other = model_of(R"(
const w: float32[2, 2] = [1, 2, 3, 4]
const t: float32[] = 0.02
a: float32[1, 2] = MatMul(x, w) "made"
y1_q: uint8[1, 2] = QuantizeLinear(y1, t, u)
y1: float32[1, 2] = Identity(a) "one"
y1_d: float32[1, 2] = DequantizeLinear(y1_q, t, u)
y2: float32[1, 2] = MatMul(y1_d, v) "two"
y3: float32[1, 2] = Relu(y2) "relu"
)");
  const auto layers = compared(other);
  // 255 · 0.02 is 5.1: 4.6 stays, 6.8 does not.
  CHECK(layers[0].node == "one");
  CHECK(layers[0].alone.max_abs_error() == Catch::Approx(6.8 - 5.1));
  CHECK(*layers[0].clipped == 0.5);
  CHECK(*layers[0].range_used == Catch::Approx((5.1 - 4.6) / 5.1));
  CHECK(layers[1].alone.max_abs_error() == 0);
}

TEST_CASE("what only an activation reads is judged behind it, under its own node") {
  const Model first = model_of(kFloat);
  const Model other = model_of(kFloat);
  for (const Twin& twin : find_twins(first.graph, other.graph)) CHECK(twin.value != "y2");
  const auto twins = find_twins(first.graph, other.graph);
  CHECK(twins.back().value == "y3");
  CHECK(twins.back().node == "two");
}

TEST_CASE("models without a value in common are not compared") {
  Model other = parse_text(
      "model ir 8 opset 13\ngraph g\ninput a: float32[1, 2]\nb: float32[1, 2] = Relu(a)\noutput "
      "b\n");
  infer_types(other);
  CHECK_THROWS_AS(compared(other), Error);
}

}  // namespace
}  // namespace qtool
