#include "passes/pass.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "error_of.h"
#include "ir/text.h"

namespace qtool {
namespace {

Model one_node() {
  return parse_text("model ir 8\ngraph g\ninput x: float32[2]\ny = Relu(x) \"act\"\noutput y\n");
}

bool rename_node(Model& model) {
  model.graph.mutable_node(model.graph.nodes()[0]).name = "renamed";
  return true;
}
bool do_nothing(Model&) { return false; }
bool refuse(Model&) { fail("weight has rank 2, expected 4"); }
bool break_graph(Model& model) {
  model.graph.mutable_value(model.graph.find("x")).consumers.clear();
  return true;
}

TEST_CASE("passes run in order and are reported with the model as it then is") {
  constexpr Pass kPasses[] = {{"first", "", do_nothing}, {"second", "", rename_node}};
  std::vector<std::string> seen;
  PassOptions options;
  options.after = [&](const PassReport& report, const Model& model) {
    CHECK(report.seconds >= 0);
    seen.push_back(fmt::format("{} {} {}", report.pass, report.changed,
                               model.graph.node(model.graph.nodes()[0]).name));
  };
  Model model = one_node();
  run_passes(model, kPasses, options);
  CHECK(seen == std::vector<std::string>{"first false act", "second true renamed"});
}

TEST_CASE("an error of a pass names the pass") {
  constexpr Pass kPasses[] = {{"refuse", "", refuse}};
  Model model = one_node();
  CHECK(error_of([&] { run_passes(model, kPasses); }) ==
        "pass refuse: weight has rank 2, expected 4");
}

TEST_CASE("a graph that a pass broke is found right after it") {
  constexpr Pass kPasses[] = {{"break_graph", "", break_graph}, {"next", "", do_nothing}};
  Model model = one_node();
  CHECK(error_of([&] { run_passes(model, kPasses); }) ==
        "pass break_graph: the consumers of 'x' are not the nodes that read it");
}

TEST_CASE("passes are found by name") {
  for (const Pass& pass : prepare_pipeline()) {
    REQUIRE(find_pass(pass.name) != nullptr);
    CHECK(find_pass(pass.name)->run == pass.run);
    CHECK_FALSE(pass.summary.empty());
  }
  CHECK(find_pass("no_such_pass") == nullptr);
}

// What one pass makes possible for another: the names tell which.
TEST_CASE("the preparing pipeline gets through a chain of what enables what") {
  Model model = parse_text(R"(
    model ir 3 opset 9
    graph test
    input x: float32[1, 1, 2, 2]
    input w: float32[1, 1, 1, 1]
    const w: float32[1, 1, 1, 1] = 3
    const one: float32[1] = 1
    const zero: float32[1] = 0
    one_too = Identity(one)
    two = Constant() {value_float=2.0}
    four = Mul(two, two)
    a = Conv(x, w)
    a1 = Identity(a)
    b = Mul(a1, four)
    c = BatchNormalization(b, one, one_too, zero, one) {epsilon=0.0}
    d: float32[1, 1, 2, 2] = Add(c, two)
    s = Shape(x)
    y = Reshape(d, s)
    dead = Neg(d)
    output y
  )");
  run_passes(model, prepare_pipeline());
  CHECK(print_text(model) == R"(model ir 4 opset 9
graph test
input x: float32[1, 1, 2, 2]
const w: float32[1, 1, 1, 1] = 12
const c_bias: float32[1] = 3
y = Conv(x, w, c_bias) "Conv_a"
output y: float32[1, 1, 2, 2]
)");
}

}  // namespace
}  // namespace qtool
