#include "quant/apply/apply_lstm.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

// Both directions, initial states, peepholes, a clip; three outputs.
constexpr const char* kLstm = R"(
model ir 8 opset 14
graph net
input x: float32[4, 2, 5]
input h: float32[2, 2, 3]
input c: float32[2, 2, 3]
const w: float32[2, 12, 5] = ramp(-0.6, 0.0101)
const r: float32[2, 12, 3] = ramp(0.5, -0.0149)
const b: float32[2, 24] = ramp(-0.1, 0.005)
const lengths: int32[2] = [4, 2]
const p: float32[2, 9] = ramp(-0.2, 0.03)
y: float32[4, 2, 2, 3], yh: float32[2, 2, 3], yc: float32[2, 2, 3] = LSTM(x, w, r, b, lengths, h, c, p) {hidden_size=3, direction="bidirectional", clip=2.0} "lstm"
output y: float32[4, 2, 2, 3]
output yh: float32[2, 2, 3]
output yc: float32[2, 2, 3]
)";

Model dynamic(const Model& model, const WeightScheme& scheme) {
  Model result = model;
  const NodeId id = testing::find_node(result.graph, "lstm");
  const Node& node = result.graph.node(id);
  REQUIRE(dynamic_lstm_objection(result.graph, node).empty());
  const QuantParams w = lstm_weight_params(*result.graph.constant(node.inputs[1]), scheme);
  const QuantParams r = lstm_weight_params(*result.graph.constant(node.inputs[2]), scheme);
  apply_dynamic_lstm(result, id, w, r);
  result.graph.compact();
  verify(result);
  return result;
}

std::string objection(std::string text) {
  const Model model = parse_text(text);
  return dynamic_lstm_objection(model.graph, model.graph.node(model.graph.nodes().back()));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a dynamic LSTM computes nearly what the float LSTM does") {
  const Model model = parse_text(kLstm);
  for (const bool per_channel : {true, false})
    for (const DType dtype : {DType::kInt8, DType::kUInt8}) {
      const bool symmetric = dtype == DType::kInt8;
      const Model result =
          dynamic(model, {.dtype = dtype, .symmetric = symmetric, .per_channel = per_channel});
      CHECK(testing::relative_error(model, result) < 0.02);
    }
}

TEST_CASE("its matrices are transposed, with scales by row of each direction") {
  const Model model = parse_text(kLstm);
  const Model result = dynamic(model, {});
  const Graph& graph = result.graph;
  const Node& node = graph.node(testing::find_node(graph, "lstm"));
  CHECK(full_op_type(node) == "com.microsoft.DynamicQuantizeLSTM");
  CHECK(attribute_or<float>(node, "clip", 0) == 2);
  REQUIRE(node.inputs.size() == 12);
  const Tensor& w = *model.graph.constant(model.graph.find("w"));
  const Tensor& q = *graph.constant_input(node, 1);
  const Tensor& scale = *graph.constant_input(node, 8);
  CHECK(q.shape() == Shape{2, 5, 12});
  CHECK(scale.shape() == Shape{2, 12});
  CHECK(to_int64s(*graph.constant_input(node, 9)) == std::vector<int64_t>(24, 0));
  CHECK(graph.constant_input(node, 2)->shape() == Shape{2, 3, 12});
  CHECK(graph.constant_input(node, 11)->shape() == Shape{2, 12});
  for (int64_t row = 0; row < 24; ++row) {
    float largest = 0;
    for (int64_t k = 0; k < 5; ++k)
      largest = std::max(largest, std::fabs(w.data<float>()[row * 5 + k]));
    CHECK(scale.data<float>()[row] == Catch::Approx(largest / 127));
    for (int64_t k = 0; k < 5; ++k) {
      const int8_t integer = q.data<int8_t>()[(row / 12 * 5 + k) * 12 + row % 12];
      CHECK(integer == std::nearbyint(w.data<float>()[row * 5 + k] / scale.data<float>()[row]));
    }
  }
}

TEST_CASE("a scale for each direction") {
  const Model result = dynamic(parse_text(kLstm), {.per_channel = false});
  const Node& node = result.graph.node(testing::find_node(result.graph, "lstm"));
  CHECK(result.graph.constant_input(node, 8)->shape() == Shape{2});
  CHECK(result.graph.constant_input(node, 11)->shape() == Shape{2});
}

QuantParams params_of(std::size_t count, float scale, int axis) {
  return {.dtype = DType::kInt8,
          .scale = std::vector<float>(count, scale),
          .zero_point = std::vector<int32_t>(count, 0),
          .axis = axis};
}

TEST_CASE("directions may share parameters") {
  const Model model = parse_text(kLstm);
  const NodeId id = testing::find_node(model.graph, "lstm");
  Model result = model;
  apply_dynamic_lstm(result, id, params_of(12, 0.005F, 1), params_of(1, 0.005F, -1));
  CHECK(testing::relative_error(model, result) < 0.02);
  const Node& node = result.graph.node(id);
  CHECK(result.graph.constant_input(node, 8)->shape() == Shape{2, 12});
  CHECK(result.graph.constant_input(node, 10)->shape() == Shape{2});
}

TEST_CASE("parameters that DynamicQuantizeLSTM does not take are refused") {
  const Model model = parse_text(kLstm);
  const NodeId id = testing::find_node(model.graph, "lstm");
  const auto refused = [&](const QuantParams& w) {
    Model copy = model;
    return error_of([&] { apply_dynamic_lstm(copy, id, w, params_of(1, 0.005F, -1)); });
  };
  CHECK_THAT(refused(params_of(5, 0.005F, 2)), ContainsSubstring("the same within a row"));
  QuantParams wide = params_of(1, 0.005F, -1);
  wide.dtype = DType::kInt16;
  CHECK_THAT(refused(wide), ContainsSubstring("of 8 bits"));
  QuantParams shifted = params_of(12, 0.005F, 1);
  shifted.zero_point[3] = 1;
  CHECK_THAT(refused(shifted), ContainsSubstring("one zero point"));
}

TEST_CASE("LSTMs that have no dynamic form say why") {
  CHECK(objection(kLstm).empty());
  CHECK_THAT(objection(replaced(kLstm, "clip=2.0", "layout=1")), ContainsSubstring("batch first"));
  CHECK(objection(replaced(kLstm, "const r: float32[2, 12, 3] = ramp(0.5, -0.0149)",
                           "input r: float32[2, 12, 3]")) == "its weights are not constant");
  CHECK(objection(replaced(kLstm, "const r: float32[2, 12, 3]", "const r: float32[1, 12, 3]")) ==
        "its weights do not fit each other");
  CHECK(objection(replaced(kLstm, "input x: float32", "input x: float16")) ==
        "its input is not float32");
}

}  // namespace
}  // namespace qtool
