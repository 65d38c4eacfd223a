#include "quant/apply/apply_dynamic.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "ir/verify.h"
#include "quant/params/weights.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

Model dynamic(const Model& model, std::initializer_list<const char*> nodes) {
  Model result = model;
  for (const char* name : nodes) {
    const NodeId id = testing::find_node(result.graph, name);
    apply_dynamic(result.graph, id,
                  choose_weight_params(*result.graph.constant(result.graph.node(id).inputs[1]),
                                       {.per_channel = false}, -1, -1));
  }
  result.graph.compact();
  verify(result);
  return result;
}

TEST_CASE("Gemm in every form") {
  for (const char* c : {"input c: float32[3, 5]", "const c: float32[5] = ramp(-2, 0.7)"}) {
    const Model model = parse_text(std::string(R"(
model ir 8 opset 13
graph net
input a: float32[4, 3]
const b: float32[5, 4] = ramp(-0.9, 0.093)
)") + c + R"(
y: float32[3, 5] = Gemm(a, b, c) {transA=1, transB=1, alpha=0.75, beta=-1.5} "gemm"
output y: float32[3, 5]
)");
    CHECK(testing::relative_error(model, dynamic(model, {"gemm"})) < 0.02);
  }
}

TEST_CASE("nodes that read the same value share its integers, and equal weights are stored once") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input a: float32[2, 4]
const b: float32[4, 5] = ramp(-0.9, 0.093)
y: float32[2, 5] = MatMul(a, b) "one"
z: float32[2, 5] = MatMul(a, b) "two"
output y: float32[2, 5]
output z: float32[2, 5]
)");
  const Model result = dynamic(model, {"one", "two"});
  int quantizers = 0, constants = 0;
  for (const NodeId id : result.graph.nodes())
    quantizers += result.graph.node(id).op_type == "DynamicQuantizeLinear";
  for (const ValueId id : result.graph.values()) constants += result.graph.constant(id) != nullptr;
  CHECK(quantizers == 1);
  CHECK(constants == 2);  // integers and scale
  CHECK(testing::relative_error(model, result) < 0.02);
}

}  // namespace
}  // namespace qtool
