#include "passes/activation.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "ir/text.h"

namespace qtool {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Range = std::pair<float, float>;

// The range of the node that writes y.
std::optional<Range> range_of(const std::string& node) {
  const Model model = parse_text(R"(
    model ir 8 opset 13
    graph test
    input x: float32[2]
    input bound: float32[]
    const zero: float32[] = 0
    const six: float32[] = 6
    const half: float16[] = hex "003c"
    )" + node);
  const Graph& graph = model.graph;
  return clip_range(graph, graph.node(graph.value(graph.find("y")).producer));
}

TEST_CASE("Relu and Clip with constant bounds have a range") {
  CHECK(range_of("y = Relu(x)") == Range(0, kInfinity));
  CHECK(range_of("y = Clip(x, zero, six)") == Range(0, 6));
  CHECK(range_of("y = Clip(x, _, six)") == Range(-kInfinity, 6));
  CHECK(range_of("y = Clip(x, zero)") == Range(0, kInfinity));
  CHECK(range_of("y = Clip(x)") == Range(-kInfinity, kInfinity));
  CHECK(range_of("y = Clip(x) {min=-1.0, max=1.0}") == Range(-1, 1));
  CHECK(range_of("y = Clip(x) {max=6.0}") == Range(-kInfinity, 6));
}

TEST_CASE("other nodes have none") {
  CHECK_FALSE(range_of("y = Clip(x, zero, bound)"));
  CHECK_FALSE(range_of("y = Clip(x, half)"));
  CHECK_FALSE(range_of("y = Clip(x, six, zero)"));
  CHECK_FALSE(range_of("y = LeakyRelu(x)"));
  CHECK_FALSE(range_of("y = my.domain.Relu(x)"));
}

}  // namespace
}  // namespace qtool
