#include "ir/fingerprint.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <regex>

#include "ir/text.h"

namespace qtool {
namespace {

constexpr const char* kNet = R"(model ir 8 opset 13
graph net
input x: float32[N, 2]
input go: bool[]
const w: float32[2, 2] = [1, 2, 3, 4]
const words: string[2] = ["ab", "c"]
a: float32[N, 2] = MatMul(x, w) "product"
b: float32[N, 2] = Relu(a) "relu"
c: float32[N, 2] = If(go) {then_branch=graph then {
const k: float32[1] = [5]
d = Add(a, k) "inner"
output d
}, else_branch=graph {
e = LeakyRelu(a) {alpha=0.5} "leak"
output e
}} "if"
f: string[2] = Identity(words) "same"
output b
output c
output f
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kNet;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return fingerprint(parse_text(text.replace(at, from.size(), to)).graph);
}

TEST_CASE("a fingerprint is 32 hexadecimal digits, the same for the same graph") {
  const Model model = parse_text(kNet);
  const std::string text = fingerprint(model.graph);
  CHECK(std::regex_match(text, std::regex("[0-9a-f]{32}")));
  CHECK(fingerprint(parse_text(kNet).graph) == text);
}

TEST_CASE(
    "an empty graph is four empty lists: the XXH3-128 of 32 zero bytes, as Python's xxhash has "
    "it") {
  CHECK(fingerprint(Graph()) == "9a026d96b3c0f0fca057271c9071c99d");
}

TEST_CASE("any change of what is computed changes the fingerprint") {
  const std::string original = fingerprint(parse_text(kNet).graph);
  const auto [from, to] = GENERATE(table<std::string, std::string>(
      {{"[1, 2, 3, 4]", "[1, 2, 3, 5]"},  // an element
       {"[1, 2, 3, 4]", "[1, 2, 3, -4]"},
       {"float32[2, 2] =", "int32[2, 2] ="},    // a constant's type
       {"[\"ab\", \"c\"]", "[\"a\", \"bc\"]"},  // where strings end
       {"float32[N, 2]\ninput", "float32[N, 3]\ninput"},
       {"Relu(a)", "Tanh(a)"},
       {"\"product\"", "\"products\""},
       {"MatMul(x, w)", "MatMul(w, x)"},
       {"const k: float32[1] = [5]", "const k: float32[1] = [6]"},  // in a body
       {"alpha=0.5", "alpha=0.25"},
       {"alpha=0.5", "alpha=\"0.5\""},
       {"output b\noutput c", "output c\noutput b"}}));
  CHECK(with(from, to) != original);
}

TEST_CASE("ids, order, unused values and names of graphs do not count") {
  const std::string original = fingerprint(parse_text(kNet).graph);
  CHECK(with("graph net", "graph other") == original);
  CHECK(with("const w:", "const unused: float32[1] = [1]\nconst w:") == original);
  const std::string relu = "b: float32[N, 2] = Relu(a) \"relu\"\n";
  std::string moved = kNet;
  moved.erase(moved.find(relu), relu.size());
  CHECK(fingerprint(parse_text(moved.insert(moved.find("output b\n"), relu)).graph) == original);
  Model model = parse_text(kNet);
  model.graph.compact();
  CHECK(fingerprint(model.graph) == original);
}

}  // namespace
}  // namespace qtool
