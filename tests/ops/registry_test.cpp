#include "ops/registry.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

namespace qtool {
namespace {

TEST_CASE("every operator is registered once, under the domain that find_op looks in") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const OpSpec& spec : all_ops()) {
    CAPTURE(spec.domain, spec.op_type);
    CHECK(seen.insert({spec.domain, spec.op_type}).second);
    CHECK(find_op(spec.domain, spec.op_type) == &spec);
  }
  CHECK(find_op("ai.onnx", "Conv") == find_op("", "Conv"));
  CHECK(find_op("", "NoSuchOperator") == nullptr);
}

TEST_CASE("bindings go from the fastest provider to the reference") {
  for (const OpSpec& spec : all_ops()) {
    CAPTURE(spec.op_type);
    REQUIRE_FALSE(spec.bindings.empty());
    CHECK(std::is_sorted(spec.bindings.begin(), spec.bindings.end(),
                         [](const auto& a, const auto& b) { return a.provider < b.provider; }));
    CHECK(spec.bindings.back().provider == Provider::kReference);
  }
}

TEST_CASE("operators that only move data share their input's parameters") {
  for (const char* op_type : {"MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose",
                              "Slice", "Gather", "Identity", "Split", "Resize", "Expand", "Pad"}) {
    CAPTURE(op_type);
    const OpSpec* spec = find_op("", op_type);
    REQUIRE(spec != nullptr);
    CHECK(spec->quant.same_params);
    CHECK(input_role(spec->quant, 0) == Role::kActivation);
    if (spec->op_type != "MaxPool") CHECK(input_role(spec->quant, 1) == Role::kPlain);
  }
}

TEST_CASE("weights know their axis of output channels") {
  const auto axis = [](const char* op_type, std::vector<Attribute> attributes = {}) {
    Node node{.op_type = op_type, .attributes = std::move(attributes)};
    return find_op(node)->quant.weight_axis(node);
  };
  CHECK(axis("Conv") == 0);
  CHECK(axis("ConvTranspose") == 1);
  CHECK(axis("MatMul") == -1);
  CHECK(axis("Gemm") == 1);
  CHECK(axis("Gemm", {{"transB", int64_t{1}, {}}}) == 0);
}

}  // namespace
}  // namespace qtool
