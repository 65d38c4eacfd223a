#include "quant/params/useful_range.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "tensor/quant_params.h"

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

// Half of one of 254 steps: what a cut end keeps.
bool is_cut_to(const Range& range, float min, float max) {
  const float half_step = (max - min) / 508;
  const auto ends_at = [](float end, float expected, float more) {
    return std::abs(end - expected) < 1e-5f || std::abs(end - expected - more) < 1e-5f;
  };
  return ends_at(range.min, min, -half_step) && ends_at(range.max, max, half_step);
}

TEST_CASE("a range ends where its readers are constant") {
  CHECK(is_cut_to(cut("y: float32[4] = HardSwish(x)\noutput y", {-40, 50}), -3, 50));
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y", {-2, 50}) == Range{-2, 50});
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y", {-3, 50}) == Range{-3, 50});
  CHECK(is_cut_to(cut("y: float32[4] = Relu(x)\noutput y", {-40, 50}), 0, 50));
  CHECK(is_cut_to(cut("y: float32[4] = Clip(x, low, high)\noutput y", {-40, 50}), -1, 2));
  CHECK(is_cut_to(cut("y: float32[4] = HardSigmoid(x) {alpha=0.25, beta=0.5}\noutput y", {-40, 50}),
                  -2, 2));
}

TEST_CASE("all that is cut off quantizes to where the reader is constant") {
  for (float max = 5; max < 60; max += 0.37f) {
    const Range range = cut("y: float32[4] = HardSwish(x)\noutput y", {-40, max});
    const QuantParams params = choose_params(range.min, range.max, DType::kUInt8, false);
    CHECK(params.scale[0] * float(0 - params.zero_point[0]) <= -3);
  }
}

TEST_CASE("nodes that only move elements are looked through") {
  CHECK(is_cut_to(cut("t: float32[4] = Transpose(x) {perm=[0]}\n"
                      "y: float32[4] = Sigmoid(t)\noutput y",
                      {-60, 5}),
                  -11.1f, 5));
  CHECK(cut("t: float32[4] = Transpose(x) {perm=[0]}\ny: float32[4] = Sigmoid(t)\n"
            "output y\noutput t",
            {-60, 5}) == Range{-60, 5});
}

TEST_CASE("several readers see the union of what each sees") {
  CHECK(is_cut_to(cut("y: float32[4] = HardSwish(x)\nz: float32[4] = Clip(x, low, high)\n"
                      "output y\noutput z",
                      {-40, 50}),
                  -3, 50));
}

TEST_CASE("a reader that tells all numbers apart, or the outside, keeps the whole range") {
  CHECK(cut("y: float32[4] = HardSwish(x)\nz: float32[4] = Neg(x)\noutput y\noutput z",
            {-40, 50}) == Range{-40, 50});
  CHECK(cut("y: float32[4] = HardSwish(x)\noutput y\noutput x", {-40, 50}) == Range{-40, 50});
}

}  // namespace
}  // namespace qtool
