#include "quant/quantized_operators.h"

#include <catch2/catch_test_macros.hpp>

#include "ops/op.h"

namespace qtool {
namespace {

bool is_quantized(const std::string& domain, const std::string& op_type) {
  Graph graph;
  const ValueId x = graph.add_value("x"), y = graph.add_value("y");
  graph.add_node(
      {.domain = domain, .op_type = op_type, .name = "node", .inputs = {x}, .outputs = {y}});
  return !quantized_operators(graph).empty();
}

TEST_CASE("operators on quantized numbers are known by name") {
  for (const char* op : {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear",
                         "QLinearConv", "QLinearMatMul", "MatMulInteger", "ConvInteger"})
    CHECK(is_quantized("", op));
  for (const char* op :
       {"QGemm", "QAttention", "QLinearAdd", "QEmbedLayerNormalization", "DynamicQuantizeLSTM",
        "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "MatMulNBits", "MatMulBnb4",
        "GatherBlockQuantized", "QMoE", "QOrderedMatMul"})
    CHECK(is_quantized("com.microsoft", op));
  for (const char* op : {"Conv", "MatMul", "Unique", "Squeeze", "Equal", "NonZero"})
    CHECK_FALSE(is_quantized("", op));
  for (const char* op : {"QuickGelu", "Attention", "FusedMatMul"})
    CHECK_FALSE(is_quantized("com.microsoft", op));
  CHECK_FALSE(is_quantized("ai.other", "QuantizeLinear"));
}

}  // namespace
}  // namespace qtool
