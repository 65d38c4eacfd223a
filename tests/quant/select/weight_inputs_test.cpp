#include "quant/select/weight_inputs.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

constexpr const char* kNodes = R"(
model ir 8 opset 17 com.microsoft 1
graph net
input x: float32
input ids: int32[1, 4]
const m: float32[4, 6] = 1
const stack: float32[2, 4, 6] = 1
const conv: float32[8, 4, 3, 3] = 1
const depthwise: float32[8, 1, 3, 3] = 1
const w: float32[1, 12, 5] = 1
const r: float32[1, 12, 4] = 1
const b: float32[1, 24] = 1
const vector: float32[4] = 1
const ints: int64[4, 6] = 1
a = Conv(x, conv, vector) "conv"
b1 = ConvTranspose(x, conv) "transpose"
b2 = ConvTranspose(x, depthwise) {group=8} "depthwise transpose"
c = MatMul(x, m) "matmul"
d = MatMul(x, stack) "stack"
e = MatMul(x, vector) "vector"
f = Gemm(x, m, vector) {transB=1} "gemm"
g = GRU(x, w, r, b) {hidden_size=4} "gru"
h = com.microsoft.Attention(x, m, vector) {num_heads=2} "attention"
i = com.microsoft.EmbedLayerNormalization(ids, ids, m, m, m, vector, vector) "embed"
j = Gather(m, ids) "gather"
k = Gather(ints, ids) "integers"
l = Add(x, m) "add"
output a
)";

TEST_CASE("which inputs are weights, and along which axis their channels lie") {
  const Model model = parse_text(kNodes);
  const auto weights = [&](std::string_view name) {
    return weight_inputs(model.graph, model.graph.node(testing::find_node(model.graph, name)));
  };
  using Weights = std::vector<WeightInput>;
  CHECK(weights("conv") == Weights{{1, 0}});
  CHECK(weights("transpose") == Weights{{1, 1}});
  CHECK(weights("depthwise transpose") == Weights{{1, 0}});
  CHECK(weights("matmul") == Weights{{1, 1}});
  CHECK(weights("stack") == Weights{{1, 2}});
  CHECK(weights("vector").empty());
  CHECK(weights("gemm") == Weights{{1, 0}});
  CHECK(weights("gru") == Weights{{1, 1}, {2, 1}});
  CHECK(weights("attention") == Weights{{1, 1}});
  CHECK(weights("embed") == Weights{{2, 1}, {3, 1}, {4, 1}});
  CHECK(weights("gather") == Weights{{0, 1}});
  CHECK(weights("integers").empty());
  CHECK(weights("add").empty());
}

}  // namespace
}  // namespace qtool
