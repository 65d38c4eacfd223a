#include "measure/causes.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "onnx_io/onnx_io.h"
#include "temp_folder.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

Model model_of(const std::string& body) {
  Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[1, 2]\noutput y: float32[1, 2]\n" + body);
  infer_types(model);
  return model;
}

// The product with a weight whose second column is 50 times as narrow as the first.
const char* const kFloat = R"(
const w: float32[2, 2] = [1, 0.02, 0.5, 0.013]
y: float32[1, 2] = MatMul(x, w) "m"
)";

// Its weight in int8 with this scale, its output in uint8 with that one and its zero point.
Model quantized(const std::string& integers, const std::string& scale, const std::string& step,
                int zero_point) {
  return model_of("const q: int8[2, 2] = [" + integers + "]\nconst s: " + scale +
                  "\nconst t: float32[] = " + step +
                  "\nconst u: uint8[] = " + std::to_string(zero_point) + R"(
const z: int8[2] = 0
const zero: int8[] = 0
d: float32[2, 2] = DequantizeLinear(q, s, )" +
                  (scale.find("[]") != std::string::npos ? "zero)" : "z) {axis=1}") + R"(
made: float32[1, 2] = MatMul(x, d) "m"
y_q: uint8[1, 2] = QuantizeLinear(made, t, u)
y: float32[1, 2] = DequantizeLinear(y_q, t, u)
)");
}

const char* const kOneScale = "float32[] = 0.01";
const char* const kTwoScales = "float32[2] = [0.01, 0.001]";

struct Found {
  std::vector<LayerError> layers;
  std::vector<QuantizedWeight> weights;
  std::vector<Cause> causes;
};

Found causes_of(const Model& other, std::vector<float> sample) {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({1, 2}, sample));
  const Model first = model_of(kFloat);
  Found found;
  found.layers = compare_layers(first, other, SampleReader(first.graph, folder.path() / "x.npy"));
  found.weights = quantized_weights(first.graph, in_qdq_form(other).graph);
  found.causes = find_causes(found.layers, found.weights);
  return found;
}

// What makes the value of the layer that is called "m".
Cause only_cause(const Found& found) {
  REQUIRE(found.causes.size() == 1);
  CHECK(found.layers[found.causes[0].layer].node == "m");
  return found.causes[0];
}

}  // namespace

// Inputs cancel in the first column, so that the second has its part in the output.
TEST_CASE("one scale for channels of very different reach is to blame for a weight's error") {
  const Found found = causes_of(quantized("100, 2, 50, 1", kOneScale, "0.0001", 128), {0.5F, -1});
  const Cause cause = only_cause(found);
  CHECK(cause.kind == CauseKind::kOneScale);
  REQUIRE(cause.weight.has_value());
  CHECK(found.weights[*cause.weight].name == "q");
  CHECK(cause.share > 0.9);
}

TEST_CASE("a scale for each channel is not to blame") {
  const Cause cause =
      only_cause(causes_of(quantized("90, 20, 50, 13", kTwoScales, "0.01", 0), {1, 1}));
  CHECK(cause.kind == CauseKind::kWeights);
}

TEST_CASE("what lies outside of the integers is clipping") {
  const Cause cause =
      only_cause(causes_of(quantized("100, 20, 50, 13", kTwoScales, "0.004", 0), {1, 1}));
  CHECK(cause.kind == CauseKind::kClipping);  // 1.5 of 1.02
  CHECK(!cause.weight.has_value());
}

TEST_CASE("steps too wide for the value are a range that is not used") {
  const Cause cause =
      only_cause(causes_of(quantized("100, 20, 50, 13", kTwoScales, "0.4", 0), {1, 1}));
  CHECK(cause.kind == CauseKind::kUnusedRange);
}

TEST_CASE("one large element makes the steps of the others coarse") {
  std::vector<float> sample = {1, 1};
  for (int i = 0; i < 200; ++i) sample.insert(sample.end(), {0.002F, 0.003F});
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({201, 2}, sample));
  const Model first = model_of(kFloat);
  const auto layers = compare_layers(first, quantized("100, 20, 50, 13", kTwoScales, "0.00589", 0),
                                     SampleReader(first.graph, folder.path() / "x.npy"));
  const auto causes = find_causes(layers, {});
  REQUIRE(causes.size() == 1);
  CHECK(causes[0].kind == CauseKind::kOutliers);
  CHECK(layers[causes[0].layer].crest > 10);
}

TEST_CASE("rounding on the way that the float model does not know is told") {
  const Found found = causes_of(model_of(R"(
const w: float32[2, 2] = [1, 0.02, 0.5, 0.013]
const t: float32[] = 0.4
const u: uint8[] = 0
const one: float32[] = 1
a: float32[1, 2] = MatMul(x, w) "m_quant"
a_q: uint8[1, 2] = QuantizeLinear(a, t, u)
a_d: float32[1, 2] = DequantizeLinear(a_q, t, u)
y: float32[1, 2] = Mul(a_d, one) "m"
)"),
                                {1, 1});
  CHECK(only_cause(found).kind == CauseKind::kInner);
  CHECK(found.layers[0].made_by.inner == std::vector<std::string>{"a"});
}

TEST_CASE("layers of 40 dB and more have no cause") {
  const Found found = causes_of(quantized("100, 20, 50, 13", kTwoScales, "0.006", 0), {1, 1});
  CHECK(found.causes.empty());
}

}  // namespace qtool
