#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "runtime/executor.h"
#include "runtime/operator_use.h"

namespace qtool {
namespace {

constexpr const char* kIf = R"(
model ir 8 opset 16
graph choose
input c: bool[]
input x: float32[2]
const one: float32[2] = 1
d: float32[2] = Add(x, one) "add"
y: float32[2] = If(c) {then_branch=graph yes {
    t: float32[2] = Mul(d, x) "mul"
    output t: float32[2]
  }, else_branch=graph no {
    z: bool[] = Not(c) "not"
    e: float32[2] = If(z) {then_branch=graph inner {
        s: float32[2] = Sub(d, one) "sub"
        output s: float32[2]
      }, else_branch=graph never {
        n: float32[2] = Neg(d) "neg"
        output n: float32[2]
      }} "nested"
    output e: float32[2]
  }} "if"
output y: float32[2]
)";

// Sums 0 + 1 + 2 + … into `total` while it stays below `limit`, and keeps each sum.
constexpr const char* kLoop = R"(
model ir 8 opset 16
graph sums
input trips: int64[]
input limit: int64[]
const start: int64[] = 0
total, all: int64[?] = Loop(trips, _, start) {body=graph body {
    input i: int64[]
    input go: bool[]
    input sum: int64[]
    next: int64[] = Add(sum, i) "add"
    again: bool[] = Less(next, limit) "less"
    copy: int64[] = Identity(next) "copy"
    output again: bool[]
    output next: int64[]
    output copy: int64[]
  }} "loop"
output total: int64[]
output all: int64[?]
)";

Tensor pair(float a, float b) { return Tensor::of<float>({2}, {a, b}); }

TEST_CASE("branches read values and constants from around them, at any depth") {
  for (const bool fuse : {true, false}) {
    const Executor executor(parse_text(kIf), {.fuse = fuse});
    const auto run = [&](bool c) {
      return executor.run({{"c", Tensor::scalar(c)}, {"x", pair(2, 3)}}).at("y");
    };
    CHECK(run(true) == pair(6, 12));
    CHECK(run(false) == pair(2, 3));
  }
}

TEST_CASE("a loop carries values, stacks others and stops by count or condition") {
  const Executor executor(parse_text(kLoop));
  const auto run = [&](int64_t trips, int64_t limit) {
    return executor.run({{"trips", Tensor::scalar(trips)}, {"limit", Tensor::scalar(limit)}});
  };
  CHECK(run(4, 100).at("total") == Tensor::scalar<int64_t>(6));
  CHECK(run(4, 100).at("all") == Tensor::of<int64_t>({4}, {0, 1, 3, 6}));
  CHECK(run(100, 3).at("all") == Tensor::of<int64_t>({3}, {0, 1, 3}));
  CHECK(run(0, 3).at("total") == Tensor::scalar<int64_t>(0));
  CHECK(run(0, 3).at("all") == Tensor::of<int64_t>({0}, {}));
  CHECK(run(-5, 3).at("all").size() == 0);
}

TEST_CASE("a loop that never ends is stopped") {
  const Model model = parse_text(R"(
model ir 8 opset 16
graph forever
input x: float32[2]
y: float32[2] = Loop(_, _, x) {body=graph body {
    input i: int64[]
    input go: bool[]
    input v: float32[2]
    output go: bool[]
    output v: float32[2]
  }} "spin"
output y: float32[2]
)");
  const Executor executor(model, {.max_steps = 1000});
  const std::string text = error_of([&] { executor.run({{"x", pair(1, 2)}}); });
  CHECK(text.find("'spin'") != std::string::npos);
  CHECK(text.find("1000 steps") != std::string::npos);
}

TEST_CASE("all operators without a kernel are named at once, those of branches too") {
  const Model model = parse_text(R"(
model ir 8 opset 13 my.domain 3
graph unknown
input c: bool[]
input x: float32[2]
a: float32[2] = my.domain.Magic(x) "first"
b: float32[2] = my.domain.Magic(a) "second"
y: float32[2] = If(c) {then_branch=graph yes {
    t: float32[2] = NoSuchThing(b) "third"
    output t: float32[2]
  }, else_branch=graph no {
    e: float32[2] = Relu(b) "relu"
    output e: float32[2]
  }} "if"
output y: float32[2]
)");
  CHECK(error_of([&] { Executor executor(model); }) ==
        "no kernel for 2 operators of the model: NoSuchThing (version 13) at 'third'; "
        "my.domain.Magic (version 3) at 'first', 'second'");
  std::string listed;
  for (const OperatorUse& use : operator_uses(model))
    listed += fmt::format("{} {} {} {}\n", use.op_type, use.version, use.nodes, use.kernel);
  CHECK(listed ==
        "If 13 1 reference\n"
        "NoSuchThing 13 1 none\n"
        "Relu 13 1 simd\n"
        "my.domain.Magic 3 2 none\n");
}

TEST_CASE("a body that does not fit its node is an error") {
  std::string text = kLoop;
  const std::string line = "    output copy: int64[]\n";
  text.erase(text.find(line), line.size());
  CHECK(error_of([&] { Executor executor(parse_text(text)); }).find("'body' has 2 outputs") !=
        std::string::npos);
}

}  // namespace
}  // namespace qtool
