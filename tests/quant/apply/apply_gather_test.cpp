#include "quant/apply/apply_gather.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "quant/run_models.h"
#include "quant/select/weight_inputs.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

// Indices of known and of unknown rank.
constexpr const char* kEmbedding = R"(
model ir 8 opset 13
graph net
input ids: int64[2, 3]
input more: int64
const table: float32[4, 3] = [0.1, 1, 10, -0.2, 2, -20, 0.3, -3, 30, 0.4, 4, 40]
y: float32[2, 3, 3] = Gather(table, ids) "one"
z: float32 = Gather(table, more) {axis=-2} "two"
output y: float32[2, 3, 3]
output z: float32
)";

Model looked_up(const QuantParams& params) {
  Model model = parse_text(kEmbedding);
  Emitter emitter(model.graph);
  for (const char* name : {"one", "two"}) {
    const NodeId id = testing::find_node(model.graph, name);
    REQUIRE(gather_objection(model.graph, model.graph.node(id)).empty());
    apply_gather(model.graph, emitter, id, params);
  }
  model.graph.compact();
  verify(model);
  return model;
}

TensorMap run(const Model& model) {
  return Executor(model).run({{"ids", Tensor::of<int64_t>({2, 3}, {3, 0, 1, 2, -1, 0})},
                              {"more", Tensor::of<int64_t>({2}, {1, 2})}});
}

void check_half_steps(const QuantParams& params, const std::vector<float>& steps) {
  const TensorMap exact = run(parse_text(kEmbedding)), actual = run(looked_up(params));
  for (const auto& [name, e] : exact) {
    REQUIRE(actual.at(name).shape() == e.shape());
    for (int64_t i = 0; i < e.size(); ++i)
      CHECK(std::fabs(actual.at(name).data<float>()[i] - e.data<float>()[i]) <=
            0.501F * steps[static_cast<std::size_t>(i % 3)]);
  }
}

TEST_CASE("rows of a table are dequantized by column") {
  check_half_steps(
      {.dtype = DType::kInt8, .scale = {0.004F, 0.04F, 0.4F}, .zero_point = {0, 0, 0}, .axis = 1},
      {0.004F, 0.04F, 0.4F});
}

TEST_CASE("rows of a table are dequantized by one scale") {
  check_half_steps({.dtype = DType::kUInt8, .scale = {0.3F}, .zero_point = {100}},
                   {0.3F, 0.3F, 0.3F});
}

TEST_CASE("the table is stored once, as integers, and nothing dequantizes it whole") {
  const Model model = looked_up({.dtype = DType::kInt8, .scale = {0.4F}, .zero_point = {0}});
  const Graph& graph = model.graph;
  CHECK(graph.find("table") == ValueId::kNone);
  for (const char* name : {"one", "two"}) {
    const Node& node = graph.node(testing::find_node(graph, name));
    CHECK(graph.constant(node.inputs[0]) == graph.constant(graph.find("table_quantized")));
    CHECK(graph.value(node.outputs[0]).type.dtype == DType::kInt8);
  }
  CHECK(graph.value(graph.outputs()[0]).name == "y");
}

TEST_CASE("look-ups with different parameters have integers of their own") {
  Model model = parse_text(kEmbedding);
  Emitter emitter(model.graph);
  const QuantParams fine = {.dtype = DType::kInt8, .scale = {0.4F}, .zero_point = {0}};
  const QuantParams coarse = {.dtype = DType::kInt8, .scale = {4}, .zero_point = {0}};
  apply_gather(model.graph, emitter, testing::find_node(model.graph, "one"), fine);
  apply_gather(model.graph, emitter, testing::find_node(model.graph, "two"), coarse);
  const TensorMap exact = run(parse_text(kEmbedding)), actual = run(model);
  CHECK(testing::relative_error({{"y", exact.at("y")}}, {{"y", actual.at("y")}}) <= 0.201 / 40);
  CHECK(testing::relative_error({{"z", exact.at("z")}}, {{"z", actual.at("z")}}) <= 2.01 / 30);
}

TEST_CASE("parameters along the rows are refused") {
  CHECK_THAT(
      error_of([] {
        looked_up(
            {.dtype = DType::kInt8, .scale = {1, 1, 1, 1}, .zero_point = {0, 0, 0, 0}, .axis = 0});
      }),
      ContainsSubstring("one for each column"));
}

TEST_CASE("look-ups that stay float say why") {
  const auto objection = [](const std::string& table, const std::string& attributes) {
    const Model model = parse_text("model ir 8 opset 13\ngraph net\ninput ids: int64[2]\n" + table +
                                   "\ny: float32 = Gather(table, ids) " + attributes +
                                   " \"gather\"\noutput y: float32\n");
    const Node& node = model.graph.node(model.graph.nodes()[0]);
    const std::string reason = gather_objection(model.graph, node);
    CHECK(weight_inputs(model.graph, node).empty() == !reason.empty());
    return reason;
  };
  CHECK(objection("const table: float32[4, 3] = 1", "").empty());
  CHECK(objection("const table: float32[4, 3] = 1", "{axis=1}") ==
        "it does not gather along axis 0");
  CHECK(objection("const table: float32[4] = 1", "") == "its table has one axis only");
  CHECK(objection("const table: int64[4, 3] = 1", "") == "its table is not float32");
  CHECK(objection("input table: float32[4, 3]", "") == "its table is not constant");
}

}  // namespace
}  // namespace qtool
