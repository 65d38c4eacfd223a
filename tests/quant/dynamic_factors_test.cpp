#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "ir/verify.h"
#include "quant/params/layer_norm.h"
#include "quant/plan.h"
#include "quant/plan_file.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

// A normalization whose channel 2 is 100 times larger than the others, read by a product and by
// `other`, an Add or a second product.
Model normalized(const std::string& other) {
  return parse_text(R"(
model ir 8 opset 17
graph net
input x: float32[6, 8]
const gamma: float32[8] = [1, 1, 100, 1, 1, 1, 1, 1]
const beta: float32[8] = ramp(-0.5, 0.1)
const w: float32[8, 8] = ramp(-0.3, 0.0095)
const v: float32[8, 8] = ramp(0.25, -0.0085)
n: float32[6, 8] = LayerNormalization(x, gamma, beta) "norm"
y: float32[6, 8] = MatMul(n, w) "product"
z: float32[6, 8] = )" +
                    other + R"( "other"
output y: float32[6, 8]
output z: float32[6, 8]
)");
}

QuantOptions dynamic_options() {
  QuantOptions options;
  options.mode = Mode::kDynamic;
  return options;
}

Model applied(Model model, const QuantPlan& plan) {
  apply_plan(model, plan);
  verify(model);
  return model;
}

int count(const Model& model, std::string_view op_type) {
  int found = 0;
  for (const NodeId id : model.graph.nodes()) found += model.graph.node(id).op_type == op_type;
  return found;
}

TEST_CASE("what a normalization writes is within four deviations of its shift") {
  const Model model = normalized("MatMul(n, v)");
  const Node& node = model.graph.node(testing::find_node(model.graph, "norm"));
  const std::vector<Range> channels = layer_norm_channels(model.graph, node);
  REQUIRE(channels.size() == 8);
  CHECK(channels[0].min == -4.5f);
  CHECK(channels[2].min == -0.3f - 400);
  CHECK(channels[2].max == -0.3f + 400);
}

TEST_CASE("dynamic products of a normalization with outliers get factors that lower the error") {
  // Alone with products, the normalization itself divides; beside an Add, a Mul does.
  for (const auto& [other, muls] : {std::pair{"MatMul(n, v)", 0}, std::pair{"Add(n, n)", 1}}) {
    CAPTURE(other);
    const Model model = normalized(other);
    const QuantPlan plan = make_plan(model, {}, dynamic_options());
    QuantPlan without = make_plan(model, {}, [] {
      QuantOptions options = dynamic_options();
      options.tensor_rules = {{.values = "n", .symmetric = false}};
      return options;
    }());
    const Model divided = applied(model, plan), plain = applied(model, without);
    CHECK(count(divided, "Mul") == count(plain, "Mul") + muls);
    CHECK(count(divided, "MatMulInteger") == count(plain, "MatMulInteger"));
    CHECK(3 * testing::relative_error(model, divided) < testing::relative_error(model, plain));
    const QuantPlan read = parse_plan(plan_json(plan, "f"), "f");
    CHECK(testing::relative_error(divided, applied(model, read)) == 0);
  }
}

TEST_CASE("channels alike get no factors, nor does what a float product reads") {
  Model model = normalized("MatMul(n, v)");
  QuantOptions options = dynamic_options();
  options.rules = {{.nodes = {"*"}, .mode = Mode::kWeightOnly, .origin = "test"}};
  for (const TensorPlan& tensor : make_plan(model, {}, options).tensors)
    CHECK(tensor.channel_factors.empty());
  model.graph.set_constant(model.graph.find("gamma"),
                           Constant(Tensor::of<float>({8}, {1, 1, 1, 1, 1, 1, 1, 1})));
  for (const TensorPlan& tensor : make_plan(model, {}, dynamic_options()).tensors)
    CHECK(tensor.channel_factors.empty());
}

}  // namespace
}  // namespace qtool
