#include "report/model_diff.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/json.h"
#include "ir/text.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* kFirst = R"(model ir 8 opset 13
graph g
input x: float32[2]
const w: float32[2] = [1, 2]
const only: float32[1] = [7]
y: float32[2] = Mul(x, w) "scale"
z = Add(y, only) "shift"
output z: float32[2])";

std::vector<Difference> diff(const char* second) {
  return model_diff(parse_text(kFirst), parse_text(second));
}

}  // namespace

TEST_CASE("a model differs in nothing from itself") {
  CHECK(diff(kFirst).empty());
  CHECK(diff_text({}, 20) == "no difference\n");
  CHECK(diff_json({}) == "[]\n");
}

TEST_CASE("opsets, ports, nodes and constants that differ, or that one model lacks") {
  const std::vector<Difference> differences = diff(R"(model ir 8 opset 17
graph g
input x: float32[N]
const w: float32[2] = [1, 3]
y: float32[2] = Mul(x, w) "scale"
z = Relu(y) "cut"
output z: float32[2])");
  std::vector<std::string> found;
  for (const Difference& d : differences)
    found.push_back(d.kind + " " + d.name +
                    (d.first.empty()    ? " new"
                     : d.second.empty() ? " gone"
                                        : ""));
  CHECK(found == std::vector<std::string>{"opset ai.onnx", "input x", "node cut new",
                                          "node shift gone", "constant only gone", "constant w"});
  const std::string text = diff_text(differences, 1);
  CHECK_THAT(text, ContainsSubstring("float32[2]") && ContainsSubstring("float32[N]"));
  CHECK_THAT(text, ContainsSubstring("Relu(y) \"cut\"") && !ContainsSubstring("Add"));
  CHECK_THAT(text, ContainsSubstring("1 opset, 1 input, 2 nodes, 2 constants differ"));
  const Json json = parse_json(diff_json(differences));
  CHECK(json.size() == 6);
  CHECK(json[2]["first"].is_null());
}
