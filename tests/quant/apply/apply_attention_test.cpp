#include "quant/apply/apply_attention.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "ir/verify.h"
#include "quant/params/weights.h"
#include "quant/run_models.h"
#include "quant/select/weight_inputs.h"

namespace qtool {
namespace {

std::string attention(const std::string& inputs, const std::string& attributes) {
  return R"(
model ir 8 opset 13 com.microsoft 1
graph net
input x: float32[2, 3, 4]
const w: float32[4, 24] = ramp(-0.5, 0.0107)
const b: float32[24] = ramp(-0.2, 0.02)
const mask: int32[2] = [3, 2]
input past: float32[2, 2, 2, 1, 4]
const bias: float32[2, 2, 3, 3] = 0.5
)" +
         std::string(
             "y: float32[2, 3, 8], present: float32[2, 2, 2, 4, 4] = com.microsoft.Attention(") +
         inputs + ") {num_heads=2, unidirectional=1" + attributes + R"(} "attention"
output y: float32[2, 3, 8]
output present: float32[2, 2, 2, 4, 4]
)";
}

Model dynamic(const Model& model, const WeightScheme& scheme) {
  Model result = model;
  Graph& graph = result.graph;
  const NodeId id = testing::find_node(graph, "attention");
  REQUIRE(dynamic_attention_objection(graph, graph.node(id)).empty());
  apply_dynamic_attention(result, id,
                          choose_weight_params(*graph.constant(graph.find("w")), scheme, 1, -1));
  graph.compact();
  verify(result);
  return result;
}

TEST_CASE("a QAttention computes nearly what the Attention does") {
  for (const char* inputs : {"x, w, b, mask, past", "x, w, _, _, past"}) {
    const Model model = parse_text(attention(inputs, ", qkv_hidden_sizes=[8, 8, 8]"));
    for (const bool per_channel : {true, false})
      for (const DType dtype : {DType::kInt8, DType::kUInt8}) {
        const Model result = dynamic(
            model,
            {.dtype = dtype, .symmetric = dtype == DType::kInt8, .per_channel = per_channel});
        CHECK(testing::relative_error(model, result) < 0.02);
      }
  }
}

TEST_CASE("its inputs stand where QAttention has them") {
  const Model result = dynamic(parse_text(attention("x, w, b, mask, past", "")), {});
  const Graph& graph = result.graph;
  const Node& node = graph.node(testing::find_node(graph, "attention"));
  CHECK(full_op_type(node) == "com.microsoft.QAttention");
  std::vector<std::string> names;
  for (const ValueId input : node.inputs) names.push_back(graph.value(input).name);
  CHECK(names == std::vector<std::string>{"x_quantized", "w_quantized", "b", "x_scale", "w_scale",
                                          "mask", "x_zero_point", "w_zero_point", "past"});
  CHECK(graph.constant_input(node, 4)->shape() == Shape{24});
  CHECK(attribute_or<int64_t>(node, "unidirectional", 0) == 1);
}

TEST_CASE("Attentions that have no dynamic form say why") {
  const auto objection = [](const std::string& inputs, const std::string& attributes) {
    const Model model = parse_text(attention(inputs, attributes));
    const Node& node = model.graph.node(testing::find_node(model.graph, "attention"));
    return dynamic_attention_objection(model.graph, node);
  };
  CHECK(objection("x, w, b, mask, past", "").empty());
  CHECK(objection("x, w, b, mask, past, bias", "") ==
        "QAttention has no attention_bias and no past_sequence_length");
  CHECK(objection("x, w, b, mask, past", ", do_rotary=1") == "QAttention has no do_rotary");
  CHECK(objection("x, w, b", ", qkv_hidden_sizes=[4, 4, 16]") ==
        "its queries, keys and values differ in size");
  CHECK(objection("x, past, b", "") == "its weights are not constant");
}

}  // namespace
}  // namespace qtool
