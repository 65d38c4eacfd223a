#include "report/compare_report.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "ir/text.h"
#include "report/cause_text.h"
#include "report/page_data.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

// Signal 100, noise as given: 20 dB for 1.
LayerError layer(const std::string& node, const std::string& value, float noise) {
  LayerError error{.node = node, .op_type = "Conv", .value = value};
  for (ErrorMeter* meter : {&error.alone, &error.so_far})
    meter->add(Tensor::of<float>({1}, {10}), Tensor::of<float>({1}, {10 + noise}));
  return error;
}

// 96 channels that reach 2, 1 and, all others, 0.01, with one scale of 1/64.
QuantizedWeight uneven_weight() {
  QuantizedWeight weight{
      .name = "w_q", .node = "first", .op_type = "Conv", .shape = {96, 1}, .axis = 0};
  weight.params = {DType::kInt8, {1.0F / 64}, {0}};
  weight.channels.assign(96, {-0.01, 0.01, -2, 127.0 / 64, 3});
  weight.channels[4] = {-2, 1, -2, 127.0 / 64, 193};
  weight.channels[5] = {0, 1, -2, 127.0 / 64, 65};
  return weight;
}

Comparison comparison() {
  Comparison found;
  found.layers = {layer("first", "a", 1), layer("second", "b", 0.0001F)};
  found.layers[0].made_by.weights = {"w_q"};
  found.weights = {uneven_weight()};
  found.causes = find_causes(found.layers, found.weights);
  return found;
}

Json page() {
  const Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[1]\noutput b: float32[1]\n"
      "a: float32[1] = Conv(x) \"first\"\nb: float32[1] = Conv(a) \"second\"\nc: float32[1] = "
      "Relu(b) "
      "\"third\"\n");
  return page_data(compare_html({"m.onnx", "q.onnx", model.graph, 7}, comparison()));
}

}  // namespace

TEST_CASE("the page and the terminal say what is to blame and how to mend it") {
  const Json causes = page()["compare"]["causes"];
  REQUIRE(causes.size() == 1);
  CHECK(causes[0]["layer"] == 0);
  CHECK(causes[0]["kind"] == "one scale");
  CHECK(causes[0]["weight"] == 0);
  const std::string text = causes[0]["text"];
  CHECK_THAT(text, ContainsSubstring(
                       "the weight 'w_q' has one scale for 96 channels whose ranges differ up to "
                       "200 times: 94 of them keep fewer than 8 integers"));
  CHECK_THAT(causes[0]["mend"].get<std::string>(), ContainsSubstring("per channel"));
  CHECK_THAT(compare_text(comparison(), 0), ContainsSubstring("first: " + text));
}

TEST_CASE("every kind of cause has its words and its cure") {
  const Comparison found = comparison();
  LayerError worst = found.layers[0];
  worst.clipped = 0.125;
  worst.range_used = 0.03;
  worst.crest = 90;
  worst.made_by.inner = {"near", "far"};
  const auto told = [&](CauseKind kind) {
    const Cause cause{kind, 0, 1, 0};
    CHECK(!mend_text(cause, worst).empty());
    return cause_text(cause, worst, found.weights);
  };
  CHECK_THAT(told(CauseKind::kClipping), ContainsSubstring("12.5 %") && ContainsSubstring("'a'"));
  CHECK_THAT(told(CauseKind::kUnusedRange), ContainsSubstring("3 %"));
  CHECK_THAT(told(CauseKind::kOutliers), ContainsSubstring("90 times"));
  CHECK_THAT(told(CauseKind::kInner), ContainsSubstring("'far'"));
  CHECK_THAT(told(CauseKind::kWeights), !ContainsSubstring("dB"));
}

TEST_CASE("the overview has every node in its group of errors") {
  const Json graph = page()["graph"];
  REQUIRE(graph["nodes"].size() == 3);
  const auto group_of = [&](std::size_t node) {
    return graph["groups"][graph["nodes"][node]["group"].get<std::size_t>()]["name"];
  };
  CHECK(group_of(0) == "20 to 30 dB");
  CHECK(group_of(1) == "40 dB and more");
  CHECK(group_of(2) == "not compared");
  CHECK(graph["nodes"][0]["reads"] == Json::array());
  CHECK(graph["nodes"][1]["reads"] == Json::array({0}));
  CHECK(graph["nodes"][2]["reads"] == Json::array({1}));
}

TEST_CASE("the facts have the SQNR of the outputs") {
  CHECK(page()["facts"].dump().find("SQNR of output 'b'") != std::string::npos);
}
