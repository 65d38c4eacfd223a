#include "report/plan_report.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "ir/text.h"

namespace qtool {
namespace {

Model model() {
  return parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 4, 4]
input go: bool[]
const w: float32[3, 2, 1, 1] = 0.5
const b: float32[3] = 1.0
y: float32[1, 3, 4, 4] = Conv(x, w, b) "conv"
p: float32[1, 3, 4, 4] = MaxPool(y) {kernel_shape=[1, 1]} "pool"
s: float32[1, 3, 4, 4] = Softmax(p) "soft"
z: float32[1, 3, 4, 4] = If(go) {then_branch=graph then {
t = Relu(s) "inner"
output t
}, else_branch=graph {
e = Neg(s) "negative"
output e
}} "if"
output z
)");
}

QuantPlan plan() {
  QuantPlan plan;
  plan.nodes = {{"conv", "Conv", Mode::kStatic, ""},
                {"pool", "MaxPool", Mode::kStatic, ""},
                {"soft", "Softmax", Mode::kFloat, "the operator has no quantized form"},
                {"if", "If", Mode::kFloat, "the operator has no quantized form"},
                {"inner", "Relu", Mode::kFloat, "it reads nothing quantized"}};
  plan.tensors = {
      {.value = "x", .params = {DType::kUInt8, {0.5f}, {128}}, .group = "x"},
      {.value = "y",
       .params = {DType::kInt8, {0.25f}, {0}},
       .source = Source::kShared,
       .group = "y"},
      {.value = "p",
       .params = {DType::kInt8, {0.25f}, {0}},
       .source = Source::kShared,
       .group = "y"},
      {.value = "b", .params = {}, .source = Source::kDerived, .readers = {"conv"}},
      {.value = "w", .params = {DType::kInt8, {1, 2, 4}, {0, 0, 0}, 0}, .readers = {"conv"}}};
  return plan;
}

TEST_CASE("a plan in short: operators, modes, reasons, sizes") {
  CHECK(plan_table(plan(), {.before = 4096, .after = 1024}) ==
        "operator  mode    nodes  reason\n"
        "────────  ──────  ─────  ──────────────────────────────────\n"
        "Conv      static      1\n"
        "If        float       1  the operator has no quantized form\n"
        "MaxPool   static      1\n"
        "Relu      float       1  it reads nothing quantized\n"
        "Softmax   float       1  the operator has no quantized form\n"
        "constants: 4.0 KB, then 1.0 KB (4.00 times smaller)\n");
}

TEST_CASE("a static node is explained with all that it reads and writes") {
  CHECK(explain(model().graph, plan(), "conv") ==
        R"(node 'conv' (Conv): static

        value  type   scale                    zero point          range         from
──────  ─────  ─────  ───────────────────────  ──────────────────  ────────────  ──────────────────────────────
reads   x      uint8  0.5                      128                 [-64, 63.5]   its own range
reads   w      int8   1 to 4 (3 along axis 0)  0 (3 along axis 0)  [-512, 508]   its own range
reads   b      int32                                                             scales of the inputs before it
writes  y      int8   0.25                     0                   [-32, 31.75]  shared with 'y'
)");
}

TEST_CASE("an absorbed node says so, and the node before it writes what it wrote") {
  const Model net = parse_text(R"(
model ir 8 opset 13
graph net
input a: float32[2]
b: float32[2] = Abs(a) "abs"
c: float32[2] = Relu(b) "relu"
output c
)");
  QuantPlan absorbing;
  absorbing.nodes = {{"abs", "Abs", Mode::kStatic, ""}, {"relu", "Relu", Mode::kStatic, "", true}};
  absorbing.tensors = {{.value = "c", .params = {DType::kUInt8, {0.5f}, {0}}, .group = "c"}};
  CHECK(explain(net.graph, absorbing, "abs").find("\nwrites  c      uint8 ") != std::string::npos);
  CHECK(explain(net.graph, absorbing, "relu")
            .find("node 'relu' (Relu): static, absorbed by the range of what the node before it "
                  "writes\n") == 0);
}

TEST_CASE("a float node is explained with the reason, also in a body") {
  const std::string soft = explain(model().graph, plan(), "soft");
  CHECK(soft.find("node 'soft' (Softmax): float, because the operator has no quantized form\n") ==
        0);
  CHECK(soft.find("reads   p      int8 ") != std::string::npos);  // a static node wrote it
  CHECK(soft.find("writes  s      float32[1, 3, 4, 4] ") != std::string::npos);
  CHECK(explain(model().graph, plan(), "inner")
            .find("node 'inner' (Relu): float, because it reads nothing quantized\n") == 0);
  CHECK(explain(model().graph, plan(), "negative")
            .find("node 'negative' (Neg): float, as the plan does not speak of it\n") == 0);
}

TEST_CASE("a node that is not there is an error with the nearest names") {
  CHECK(error_of([] { explain(model().graph, plan(), "covn"); }) ==
        "there is no node 'covn'; did you mean 'conv'?");
}

}  // namespace
}  // namespace qtool
