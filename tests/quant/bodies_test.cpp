#include "ir/bodies.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/passes.h"
#include "quant/plan.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

// Both branches compute on h, which the graph around them computes too. Names are as the prepare passes
// leave them.
constexpr const char* kBranches = R"(
model ir 8 opset 17
graph branches
input c: bool[]
input x: float32[2, 4]
const w: float32[4, 4] = 0.25
h: float32[2, 4] = MatMul(x, w) "outer"
y: float32[2, 4] = If(c) {then_branch=graph yes {
const w1: float32[4, 4] = 0.5
a: float32[2, 4] = MatMul(h, w1) "first"
b: float32[2, 4] = MatMul(a, w1) "second"
output b: float32[2, 4]
}, else_branch=graph no {
const w2: float32[4, 4] = 0.125
d: float32[2, 4] = MatMul(h, w2) "third"
e: float32[2, 4] = MatMul(d, w2) "fourth"
output e: float32[2, 4]
}} "choice"
output y: float32[2, 4]
)";

Model branches() {
  Model model = parse_text(kBranches);
  copy_captured_constants(model);  // the branches learn the type of h
  return model;
}

TensorMap feed(bool condition) {
  TensorMap result;
  Tensor c(DType::kBool, {});
  c.mutable_data<bool>()[0] = condition;
  Tensor x(DType::kFloat32, {2, 4});
  for (int64_t i = 0; i < 8; ++i) x.mutable_data<float>()[i] = 0.25F * static_cast<float>(i) - 1;
  result.emplace("c", c);
  result.emplace("x", x);
  return result;
}

// Ranges of all targets that runs with these conditions reach.
Ranges measure(const Model& model, const std::vector<bool>& conditions) {
  const CalibrationTargets targets = values_to_calibrate(model, {});
  const Executor executor(model, {.observed = targets.values});
  CalibrationTable table;
  for (const bool condition : conditions)
    executor.run(feed(condition), [&](const std::string& name, const Tensor& value, Layout layout) {
      observe(targets, false, 0, name, value, layout, table);
    });
  return choose_minmax(table);
}

std::map<std::string, std::string> decisions(const QuantPlan& plan) {
  std::map<std::string, std::string> result;
  for (const NodePlan& node : plan.nodes)
    result[node.node] =
        std::string(name(node.mode)) + (node.reason.empty() ? "" : ": " + node.reason);
  return result;
}

// Every name that a graph gives, as often as it is given.
std::multiset<std::string> given_names(const Model& model) {
  std::multiset<std::string> names;
  for_each_graph(model.graph, [&](const Graph& graph) {
    const std::set<std::string> captured = graph.free_names();
    for (const ValueId id : graph.values())
      if (!captured.contains(graph.value(id).name)) names.insert(graph.value(id).name);
  });
  return names;
}

void check_results(const Model& model, const Model& quantized) {
  verify(quantized);
  for (const bool condition : {false, true})
    CHECK(testing::relative_error(Executor(model).run(feed(condition)),
                                  Executor(quantized).run(feed(condition))) < 0.02);
  const std::multiset<std::string> names = given_names(quantized);
  for (const std::string& name : names) {
    INFO(name);
    CHECK(names.count(name) == 1);
  }
}

TEST_CASE("both branches are static, with ranges from samples that run each") {
  const Model model = branches();
  const QuantPlan plan = make_plan(model, measure(model, {false, true}), {});
  const auto modes = decisions(plan);
  for (const char* node : {"outer", "first", "second", "third", "fourth"})
    CHECK(modes.at(node) == "static");
  Model quantized = model;
  apply_plan(quantized, plan);
  check_results(model, quantized);
}

TEST_CASE("a branch that no sample runs is dynamic, and says so") {
  const Model model = branches();
  const QuantPlan plan = make_plan(model, measure(model, {true}), {});
  const auto modes = decisions(plan);
  CHECK(modes.at("second") == "static");
  CHECK(modes.at("third") == "dynamic: no calibration sample runs it");
  CHECK(modes.at("fourth") == "dynamic: no calibration sample runs it");
  Model quantized = model;
  apply_plan(quantized, plan);
  check_results(model, quantized);
}

TEST_CASE("a graph that was not measured at all is an error") {
  const Model model = branches();
  CHECK_THROWS_AS(make_plan(model, {}, {}), Error);
}

TEST_CASE("names stay single in float16, which body and surroundings both make of a value") {
  const Model model = branches();
  QuantOptions options;
  options.mode = Mode::kFloat16;
  Model quantized = model;
  apply_plan(quantized, make_plan(model, {}, options));
  check_results(model, quantized);
}

TEST_CASE("a value that no graph has cannot be observed") {
  CHECK_THROWS_AS(Executor(branches(), {.observed = {"nowhere"}}), Error);
}

}  // namespace
}  // namespace qtool
