#include "quant/params/groups.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"

namespace qtool {
namespace {

// The members of the group of `value`, which a Concat of two branches behind `x` writes.
std::set<std::string> group_of(const std::string& value, const std::string& branches) {
  const Model model = parse_text(
      "model ir 8 opset 14\ngraph g\ninput x: float32[1, 2, 4, 4]\n"
      "const w: float32[2, 2, 1, 1] = 0.5\nconst v: float32[2, 4, 1, 1] = 0.5\n"
      "const low: float32[] = 0\nconst high: float32[] = 6\n"
      "a: float32[1, 2, 4, 4] = Conv(x, w)  \"a\"\nb: float32[1, 2, 4, 4] = Conv(x, w) \"b\"\n" +
      branches + "y: float32[1, 2, 4, 4] = Conv(c, v) \"y\"\noutput y: float32[1, 2, 4, 4]\n");
  const Graph& graph = model.graph;
  const auto groups = find_groups(graph, select(model, resolve_rules(graph, {}), {}));
  std::set<std::string> members;
  for (const auto& [member, group] : groups)
    if (group == groups.at(graph.find(value))) members.insert(graph.value(member).name);
  return members;
}

TEST_CASE("a Concat has the parameters of what it reads") {
  CHECK(group_of("c", "c: float32[1, 4, 4, 4] = Concat(a, b) {axis=1} \"c\"\n") ==
        std::set<std::string>{"a", "b", "c"});
}

TEST_CASE("what a ReLU was absorbed into shares no range with numbers below 0") {
  CHECK(group_of("c",
                 "r: float32[1, 2, 4, 4] = Relu(a) \"r\"\n"
                 "t: float32[1, 2, 4, 4] = Transpose(r) {perm=[0, 1, 3, 2]} \"t\"\n"
                 "c: float32[1, 4, 4, 4] = Concat(t, b) {axis=1} \"c\"\n") ==
        std::set<std::string>{"b", "c"});
  CHECK(group_of("c",
                 "r: float32[1, 2, 4, 4] = Relu(a) \"r\"\ns: float32[1, 2, 4, 4] = Relu(b) \"s\"\n"
                 "c: float32[1, 4, 4, 4] = Concat(r, s) {axis=1} \"c\"\n") ==
        std::set<std::string>{"r", "s", "c"});
  CHECK(group_of("c",
                 "r: float32[1, 2, 4, 4] = Relu(a) \"r\"\n"
                 "s: float32[1, 2, 4, 4] = Clip(b, low, high) \"s\"\n"
                 "c: float32[1, 4, 4, 4] = Concat(r, s) {axis=1} \"c\"\n") ==
        std::set<std::string>{"c"});
}

}  // namespace
}  // namespace qtool
