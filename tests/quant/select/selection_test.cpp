#include "quant/select/selection.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "ir/text.h"

namespace qtool {
namespace {

// Mode and reason of every node, by name.
std::map<std::string, std::string> decisions(const std::string& text, QuantOptions options = {}) {
  const Model model = parse_text(text);
  const Selection selection = select(model, resolve_rules(model.graph, options), options);
  std::map<std::string, std::string> result;
  for (const auto& [id, plan] : selection.nodes)
    result[plan.node] =
        std::string(name(plan.mode)) + (plan.reason.empty() ? "" : ": " + plan.reason);
  return result;
}

std::set<std::string> activations(const std::string& text, const QuantOptions& options = {}) {
  const Model model = parse_text(text);
  std::set<std::string> result;
  for (const ValueId id : select(model, resolve_rules(model.graph, options), options).activations)
    result.insert(model.graph.value(id).name);
  return result;
}

constexpr const char* kResidual = R"(
model ir 8 opset 13
graph residual
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
const f: float32[3, 2] = 0.25
c1: float32[1, 2, 4, 4] = Conv(x, w) "conv1"
r1: float32[1, 2, 4, 4] = Relu(c1) "relu1"
c2: float32[1, 2, 4, 4] = Conv(r1, w) "conv2"
s: float32[1, 2, 4, 4] = Add(c2, r1) "add"
r2: float32[1, 2, 4, 4] = Relu(s) "relu2"
g: float32[1, 2, 1, 1] = GlobalAveragePool(r2) "gap"
v: float32[1, 2] = Flatten(g) "flatten"
y: float32[1, 3] = Gemm(v, f) {transB=1} "fc"
output y: float32[1, 3]
)";

TEST_CASE("a residual block is static from end to end, its ReLUs in the ranges") {
  for (const auto& [node, decision] : decisions(kResidual)) {
    INFO(node);
    CHECK(decision == "static");
  }
  // c1 and s vanish into r1 and r2; y, which nobody reads as integers, is written as float.
  CHECK(activations(kResidual) == std::set<std::string>{"x", "r1", "c2", "r2", "g", "v"});
}

TEST_CASE("symmetric activations keep a ReLU as a node, on floats if so asked") {
  QuantOptions options;
  options.activation.symmetric = true;
  CHECK(decisions(kResidual, options).at("relu1") == "float: the operator has no quantized form");
  CHECK(decisions(kResidual, options).at("conv1") == "static");
  options.float_clip = true;
  for (const auto& [node, decision] : decisions(kResidual, options)) {
    INFO(node);
    CHECK(decision == "static");
  }
  // What a ReLU reads is float, in front of its own quantized output.
  CHECK(activations(kResidual, options) == std::set<std::string>{"x", "r1", "c2", "r2", "g", "v"});
  for (const bool symmetric : {false, true}) {
    options.activation.symmetric = symmetric;
    const Model model = parse_text(kResidual);
    for (const auto& [id, plan] : select(model, resolve_rules(model.graph, options), options).nodes)
      CHECK(plan.absorbed == (plan.op_type == "Relu" && !symmetric));
  }
}

TEST_CASE("a Clip that does not hold 0 stays as a node, with no range in front of it if so asked") {
  const std::string text = R"(
model ir 8 opset 13
graph clipped
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
const low: float32[] = 1
const high: float32[] = 6
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
k: float32[1, 2, 4, 4] = Clip(c, low, high) "clip"
d: float32[1, 2, 4, 4] = Conv(k, w) "conv2"
output d: float32[1, 2, 4, 4]
)";
  CHECK(decisions(text).at("clip") == "float: the operator has no quantized form");
  const QuantOptions options{.float_clip = true};
  CHECK(decisions(text, options).at("clip") == "static");
  CHECK(activations(text, options) == std::set<std::string>{"x", "k", "d"});
}

TEST_CASE("nothing becomes dynamic where the target does not run that") {
  const std::string text = R"(
model ir 8 opset 13
graph mixed
input x: float32[2, 1, 3]
const w: float32[1, 8, 3] = 0.5
const r: float32[1, 8, 2] = 0.5
const m: float32[2, 4] = 0.5
h: float32[2, 1, 1, 2] = LSTM(x, w, r) {hidden_size=2} "lstm"
y: float32[2, 1, 1, 4] = MatMul(h, m) "matmul"
output y: float32[2, 1, 1, 4]
)";
  QuantOptions options{.dynamic_is_run = false};
  CHECK(decisions(text, options).at("lstm") == "weight_only: the operator has no quantized form");
  CHECK(decisions(text, options).at("matmul") == "static");
  options.mode = Mode::kDynamic;
  CHECK(error_of([&] { decisions(text, options); }) ==
        "node 'lstm' would be dynamic, which the target does not run: use qtool static, or --mode "
        "'*=weight_only'");
  options.mode = Mode::kWeightOnly;
  CHECK(decisions(text, options).at("matmul") == "weight_only");
}

TEST_CASE("arithmetic at the tail stays float, moving elements does not") {
  const auto found = decisions(R"(
model ir 8 opset 13
graph tail
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
t: float32[1, 4, 4, 2] = Transpose(c) {perm=[0, 2, 3, 1]} "transpose"
s: float32[1, 4, 4, 2] = Sigmoid(t) "sigmoid"
output s: float32[1, 4, 4, 2]
)");
  CHECK(found.at("conv") == "static");
  CHECK(found.at("transpose") == "static");
  CHECK(found.at("sigmoid") == "float: no operator with weights reads its result");
}

TEST_CASE("arithmetic before the first weight stays float") {
  const auto found = decisions(R"(
model ir 8 opset 13
graph head
input a: float32[1, 2, 4, 4]
input b: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
const k: float32[] = 2
s: float32[1, 2, 4, 4] = Add(a, b) "add"
m: float32[1, 2, 4, 4] = Mul(s, k) "mul"
c: float32[1, 2, 4, 4] = Conv(m, w) "conv"
output c: float32[1, 2, 4, 4]
)");
  CHECK(found.at("add") == "float: no operator with weights reads its result");
  CHECK(found.at("mul") == "float: one operand is constant");
  CHECK(found.at("conv") == "static");
}

TEST_CASE("a weight that is computed keeps its node float") {
  const auto found = decisions(R"(
model ir 8 opset 13
graph computed
input x: float32[1, 2, 4, 4]
input w: float32[2, 2, 1, 1]
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
output c: float32[1, 2, 4, 4]
)");
  CHECK(found.at("conv") == "float: its weight is not constant");
}

TEST_CASE("a ReLU whose input has another reader is not absorbed") {
  const std::string text = R"(
model ir 8 opset 13
graph shared
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
r: float32[1, 2, 4, 4] = Relu(c) "relu"
d: float32[1, 2, 4, 4] = Conv(r, w) "conv2"
output c: float32[1, 2, 4, 4]
output d: float32[1, 2, 4, 4]
)";
  CHECK(decisions(text).at("relu") == "float: the operator has no quantized form");
  CHECK(activations(text) == std::set<std::string>{"x", "c", "r", "d"});
}

TEST_CASE("dynamic mode: products dynamic, convolutions by option") {
  const std::string text = R"(
model ir 8 opset 13
graph dynamic
input x: float32[1, 2, 1, 1]
const w: float32[2, 2, 1, 1] = 0.5
const m: float32[1, 3] = 0.5
c: float32[1, 2, 1, 1] = Conv(x, w) "conv"
r: float32[1, 2, 1, 1] = Relu(c) "relu"
y: float32[1, 2, 1, 3] = MatMul(r, m) "matmul"
output y: float32[1, 2, 1, 3]
)";
  QuantOptions options{.mode = Mode::kDynamic};
  CHECK(decisions(text, options).at("conv").starts_with("weight_only: on integers it runs slower"));
  CHECK(decisions(text, options).at("relu") == "float: it has no weights");
  CHECK(decisions(text, options).at("matmul") == "dynamic");
  options.dynamic_conv = true;
  CHECK(decisions(text, options).at("conv") == "dynamic");
}

}  // namespace
}  // namespace qtool
