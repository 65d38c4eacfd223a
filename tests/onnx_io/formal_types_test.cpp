#include "onnx_io/formal_types.h"

#include <catch2/catch_test_macros.hpp>

namespace qtool {
namespace {

Node node(std::string op_type, std::size_t inputs, std::size_t outputs = 1,
          std::string domain = "") {
  return {.domain = std::move(domain),
          .op_type = std::move(op_type),
          .inputs = std::vector<ValueId>(inputs, ValueId::kNone),
          .outputs = std::vector<ValueId>(outputs, ValueId::kNone)};
}

TEST_CASE("types of inputs and outputs by an operator's schema") {
  const auto types = formal_types(node("Resize", 3), 13);
  REQUIRE(types);
  CHECK(types->inputs[0].parameter == types->outputs[0].parameter);
  CHECK(types->inputs[0].tensors.contains(DType::kFloat16));
  CHECK(types->inputs[1].parameter != types->inputs[0].parameter);
  CHECK(types->inputs[2].tensors == std::set{DType::kFloat32});
}

TEST_CASE("a variadic input stands for several") {
  const auto types = formal_types(node("Concat", 3), 13);
  REQUIRE(types);
  CHECK(types->inputs.size() == 3);
  CHECK(types->inputs[2].parameter == types->outputs[0].parameter);
  const auto loop = formal_types(node("Loop", 4, 2), 13);
  REQUIRE(loop);
  CHECK(loop->inputs[2].parameter != loop->inputs[3].parameter);
}

TEST_CASE("the schema is that of the opset") {
  const auto celu = formal_types(node("Celu", 1), 12);
  REQUIRE(celu);
  CHECK_FALSE(celu->inputs[0].tensors.contains(DType::kFloat16));
  CHECK_FALSE(formal_types(node("Celu", 1), 11));
}

TEST_CASE("no types without a schema, or for more inputs than it has") {
  CHECK_FALSE(formal_types(node("Nothing", 1), 13));
  CHECK_FALSE(formal_types(node("Relu", 1, 1, "elsewhere"), 13));
  CHECK_FALSE(formal_types(node("Relu", 2), 13));
  CHECK_FALSE(formal_types(node("Relu", 1, 2), 13));
  CHECK_FALSE(formal_types(node("Upsample", 2), 13));  // deprecated
}

}  // namespace
}  // namespace qtool
