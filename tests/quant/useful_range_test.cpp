#include "quant/useful_range.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"

namespace qtool {
namespace {

Range cut(const std::string& readers, Range measured) {
  const Model model = parse_text(
      "model ir 8 opset 14\ngraph g\ninput a: float32[4]\n"
      "x: float32[4] = Neg(a)\nconst low: float32[] = -1\n"
      "const high: float32[] = 2\n" +
      readers);
  return useful_range(model.graph, model.graph.find("x"), measured);
}

TEST_CASE("a range ends where its readers are constant") {
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y", {-40, 50}) == Range{-3, 50});
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y", {-2, 50}) == Range{-2, 50});
  CHECK(cut("y: float32[4] = Relu(x)\noutput y", {-40, 50}) == Range{0, 50});
  CHECK(cut("y: float32[4] = Clip(x, low, high)\noutput y", {-40, 50}) == Range{-1, 2});
  CHECK(cut("y: float32[4] = HardSigmoid(x) {alpha=0.25, beta=0.5}\noutput y", {-40, 50}) ==
        Range{-2, 2});
}

TEST_CASE("several readers see the union of what each sees") {
  CHECK(cut("y: float32[4] = HardSwish(x)\nz: float32[4] = Clip(x, low, high)\noutput y\noutput z",
            {-40, 50}) == Range{-3, 50});
}

TEST_CASE("a reader that tells all numbers apart, or the outside, keeps the whole range") {
  CHECK(cut("y: float32[4] = HardSwish(x)\nz: float32[4] = Neg(x)\noutput y\noutput z",
            {-40, 50}) == Range{-40, 50});
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y\noutput x", {-40, 50}) == Range{-40, 50});
}

}  // namespace
}  // namespace qtool
