#include "report/calibration_report.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <numeric>

#include "base/json.h"
#include "calib/methods/choose_ranges.h"
#include "report/page_data.h"

using namespace qtool;
using Catch::Approx;

namespace {

// 0, 1, … 999, and one of 4000.
Histogram numbers() {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(i));
  values.push_back(4000);
  HistogramCounter counter;
  counter.observe(values, 4000);
  return counter.histogram();
}

// x → Relu → y, of which only x was reached.
struct Run {
  Graph graph;
  CalibrationTable table;
  CalibrationTargets targets{.values = {"y", "x"}};

  Run() {
    const ValueId x = graph.add_value("x", tensor_type(DType::kFloat32, {4}));
    const ValueId y = graph.add_value("y", tensor_type(DType::kFloat32, {4}));
    graph.add_input(x);
    graph.add_output(y);
    graph.add_node({.op_type = "Relu", .name = "r", .inputs = {x}, .outputs = {y}});
    table.statistics["x"].observe(Tensor::of<float>({4}, {-1, 0, 1, 2}), 0);
    table.values["x"] = table.statistics["x"].extremes;
    table.samples.add(0);
  }
  Json data() const {
    return page_data(calibration_html({"m.onnx", "f00d", graph, table, targets, Grid{}}));
  }
};

}  // namespace

TEST_CASE("the share outside a range counts the numbers beyond both ends") {
  const Histogram histogram = numbers();  // bins of one number each, up to 4095
  CHECK(share_outside(histogram, {0, 4000}) == 0);
  CHECK(share_outside(histogram, {0, 998.5f}) == Approx(2.0 / 1001));
  CHECK(share_outside(histogram, {100, 899}) == Approx(201.0 / 1001));
  CHECK(share_outside(histogram, {5000, 6000}) == 1);
  CHECK(share_outside(Histogram(), {0, 1}) == 0);
}

TEST_CASE("a calibration report tells of values in the order of the graph, reached or not") {
  const Json data = Run().data();
  CHECK(data["title"] == "Calibration of m.onnx");
  const Json& values = data["calibration"]["values"];
  REQUIRE(values.size() == 2);
  CHECK(values[0]["name"] == "x");
  CHECK(values[0]["producer"] == "input of the graph");
  CHECK(values[0]["readers"] == Json::array({"node 'r' (Relu)"}));
  CHECK(values[0]["remark"] == "few numbers");
  CHECK(values[1]["name"] == "y");
  CHECK(values[1]["operator"] == "Relu");
  CHECK(values[1]["count"] == 0);
  CHECK(values[1]["remark"] == "unreached");
  CHECK(!values[1].contains("histogram"));
}

TEST_CASE("a calibration report has the range of every method, and moments") {
  const Json calibration = Run().data()["calibration"];
  CHECK(calibration["methods"].size() == statistics_methods({}).size());
  CHECK(calibration["methods"][0] == "minmax");
  const Json& x = calibration["values"][0];
  CHECK(x["ranges"].size() == statistics_methods({}).size());
  CHECK(x["ranges"][0] == Json({{"min", -1.0f}, {"max", 2.0f}, {"clipped", 0.0f}}));
  CHECK(x["mean"].get<float>() == Approx(0.5));
  CHECK(x["std"].get<float>() == Approx(std::sqrt(1.25)));
}

TEST_CASE("a drawn histogram has few bins and all numbers") {
  const Json histogram = Run().data()["calibration"]["values"][0]["histogram"];
  const auto counts = histogram["counts"].get<std::vector<int64_t>>();
  CHECK(counts.size() <= 400);
  CHECK(std::accumulate(counts.begin(), counts.end(), int64_t{0}) == 4);
  const float low = histogram["low"].get<float>(), width = histogram["width"].get<float>();
  CHECK(low <= -1);
  CHECK(low > -1 - width);
  CHECK(low + width * static_cast<float>(counts.size()) > 2);
  CHECK(low + width * static_cast<float>(counts.size() - 1) <= 2);
}

TEST_CASE("with a plan a calibration section tells of what it quantizes, and of its ranges") {
  const Run run;
  QuantPlan plan;
  plan.tensors = {{.value = "x", .params = {DType::kUInt8, {0.01F}, {100}}, .group = "x"}};
  const Json section =
      calibration_section({"m.onnx", "", run.graph, run.table, run.targets, Grid{}, &plan});
  REQUIRE(section["values"].size() == 1);
  const Json& chosen = section["values"][0]["chosen"];
  CHECK(chosen["min"] == -1.0f);
  CHECK(chosen["max"] == 1.55f);
  CHECK(chosen["clipped"] == 0.25f);  // the 2 of −1, 0, 1, 2
}
