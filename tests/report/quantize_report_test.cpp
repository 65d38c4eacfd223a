#include "report/quantize_report.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "report/page_data.h"

using namespace qtool;

namespace {

Json page(const CalibrationTable* table, const CalibrationTargets* targets) {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2]
const w: float32[2, 2] = [1, 2, 3, 4]
y: float32[1, 2] = MatMul(x, w) "product"
z: float32[1, 2] = Relu(y) "relu"
s: float32[1, 2] = Softmax(z) "soft"
output s
)");
  QuantPlan plan;
  plan.nodes = {{"product", "MatMul", Mode::kStatic, ""},
                {.node = "relu", .op_type = "Relu", .mode = Mode::kStatic, .absorbed = true},
                {"soft", "Softmax", Mode::kFloat, "the operator has no quantized form"}};
  plan.tensors = {{.value = "x", .params = {DType::kUInt8, {0.5F}, {0}}, .group = "x"}};
  return page_data(quantize_html({.model = "m.onnx",
                                  .output = "q.onnx",
                                  .size_before = 4096,
                                  .size_after = 1024,
                                  .graph = model.graph,
                                  .plan = plan,
                                  .plan_text = "the plan",
                                  .quantized = model.graph,
                                  .table = table,
                                  .targets = targets}));
}

}  // namespace

TEST_CASE("the page of a quantization has the mode of each node and why") {
  const Json data = page(nullptr, nullptr);
  const Json& nodes = data["graph"]["nodes"];
  REQUIRE(nodes.size() == 3);
  const auto mode = [&](std::size_t i) {
    return data["graph"]["groups"][nodes[i]["group"].get<std::size_t>()]["name"];
  };
  CHECK(mode(0) == "static");
  CHECK(mode(2) == "float");
  CHECK(nodes[1]["text"] == "absorbed by the range of what the node before it writes");
  CHECK(nodes[2]["text"] == "the operator has no quantized form");
  CHECK(data["plan"]["text"] == "the plan");
  CHECK(data["facts"][0] == Json::array({"Nodes", "2 static, 1 float"}));
  CHECK(data["facts"][1] == Json::array({"File", "4.0 KB, then 1.0 KB (4.00 times smaller)"}));
  CHECK(!data.contains("calibration"));
}

TEST_CASE("what was measured is told of values that become integers") {
  CalibrationTable table;
  for (const char* name : {"x", "z"}) {
    table.statistics[name].observe(Tensor::of<float>({2}, {1, 2}), 0);
    table.values[name] = table.statistics[name].extremes;
  }
  table.samples.add(0);
  const CalibrationTargets targets{.values = {"x", "z"}};
  const Json values = page(&table, &targets)["calibration"]["values"];
  REQUIRE(values.size() == 1);
  CHECK(values[0]["name"] == "x");
  CHECK(values[0]["chosen"]["max"] == 127.5f);
}
