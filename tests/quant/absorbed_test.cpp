#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "quant/plan.h"

namespace qtool {
namespace {

// Whether the plan absorbs the Relu between two convolutions, with this asked of its result.
bool absorbs(const TensorRule& rule, Range measured = {0, 4}) {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph g
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
r: float32[1, 2, 4, 4] = Relu(c) "relu"
p: float32[1, 2, 2, 2] = MaxPool(r) {kernel_shape=[2, 2], strides=[2, 2]} "pool"
y: float32[1, 2, 2, 2] = Conv(p, w) "conv2"
output y
)");
  QuantOptions options;
  options.tensor_rules = {rule};
  const Range other{-1, 1};
  const Ranges ranges{{{"x", other}, {"r", measured}, {"p", measured}, {"y", other}}, {}};
  for (const NodePlan& node : make_plan(model, ranges, options).nodes)
    if (node.node == "relu") {
      CHECK(node.mode == Mode::kStatic);
      return node.absorbed;
    }
  return false;
}

TEST_CASE("a Relu is absorbed only into parameters that clip as it does") {
  CHECK(absorbs({.values = "r", .dtype = DType::kInt8}));
  CHECK(absorbs({.values = "r", .min = 0, .max = 2}));
  CHECK(absorbs({.values = "r", .scale = 0.1f, .zero_point = 0}));
  CHECK_FALSE(absorbs({.values = "r", .symmetric = true}));
  CHECK_FALSE(absorbs({.values = "r", .min = -1, .max = 2}));
  CHECK_FALSE(absorbs({.values = "p", .scale = 0.1f, .zero_point = 3}));  // r shares them
  CHECK_FALSE(absorbs({.values = "y", .symmetric = true}, {-1, 4}));      // ranges of elsewhere
}

}  // namespace
}  // namespace qtool
