#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

// A Resize of the last axis of `x` by scales.
OpRun scaled(const Tensor& x, float scale, const char* mode, const char* transform) {
  OpRun run("Resize", 19);
  run.attribute("mode", std::string(mode));
  run.attribute("coordinate_transformation_mode", std::string(transform));
  run.attribute("axes", Ints{-1});
  return run.input(x).left_out().input(floats({1}, {scale}));
}

const Tensor& ramp() {
  static const Tensor kRamp = floats({4}, {0, 1, 2, 3});
  return kRamp;
}

TEST_CASE("linear Resize of a ramp gives the places themselves") {
  // On a ramp x[i] = i the interpolated value is the place in the input, brought into [0, 3].
  struct Row {
    const char* transform;
    std::vector<float> places;  // of the outputs of an axis of 4 made 8
  };
  const std::vector<Row> rows = {
      {"half_pixel", {0, 0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3}},
      {"pytorch_half_pixel", {0, 0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3}},
      {"half_pixel_symmetric", {0, 0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3}},
      {"asymmetric", {0, 0.5F, 1, 1.5F, 2, 2.5F, 3, 3}},
      {"tf_half_pixel_for_nn", {0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3, 3}},
      {"align_corners", {0, 3 / 7.0F, 6 / 7.0F, 9 / 7.0F, 12 / 7.0F, 15 / 7.0F, 18 / 7.0F, 3}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.transform);
    CHECK(relative_error(scaled(ramp(), 2, "linear", row.transform).result(),
                         floats({8}, row.places)) < 1e-6);
  }
}

TEST_CASE("nearest Resize rounds as told") {
  // Halved, half_pixel places lie at 0.5 and 2.5.
  struct Row {
    const char* nearest;
    std::vector<float> expected;
  };
  for (const Row& row : std::vector<Row>{{"round_prefer_floor", {0, 2}},
                                         {"round_prefer_ceil", {1, 3}},
                                         {"floor", {0, 2}},
                                         {"ceil", {1, 3}}}) {
    CAPTURE(row.nearest);
    OpRun run = scaled(ramp(), 0.5F, "nearest", "half_pixel");
    CHECK(run.attribute("nearest_mode", std::string(row.nearest)).result() ==
          floats({2}, row.expected));
  }
}

TEST_CASE("nearest Resize of any type") {
  CHECK(scaled(Tensor::of<uint8_t>({1, 2}, {7, 200}), 2, "nearest", "asymmetric").result() ==
        Tensor::of<uint8_t>({1, 4}, {7, 7, 200, 200}));
  CHECK(scaled(int64s({-1, 5}), 2, "nearest", "half_pixel").result() == int64s({-1, -1, 5, 5}));
}

TEST_CASE("Resize crops and fills what lies outside") {
  OpRun run("Resize", 13);
  run.attribute("mode", std::string("linear")).attribute("extrapolation_value", -9.0F);
  run.attribute("coordinate_transformation_mode", std::string("tf_crop_and_resize"));
  run.input(ramp()).input(floats({2}, {0.5F, 1.5F})).left_out().input(int64s({3}));
  CHECK(run.result() == floats({3}, {1.5F, 3, -9}));
}

TEST_CASE("cubic Resize reproduces a ramp away from the borders") {
  // Keys' kernel with a = -0.5 is exact for polynomials up to the second degree.
  const Tensor x = counting<float>({8});
  const Tensor y = scaled(x, 2, "cubic", "half_pixel").attribute("cubic_coeff_a", -0.5F).result();
  for (int64_t i = 4; i < 12; ++i)
    CHECK(std::abs(y.data<float>()[i] - (static_cast<float>(i) + 0.5F) / 2 + 0.5F) < 1e-5F);
  // Excluding what lies outside keeps a constant constant up to the border.
  const Tensor flat = floats({3}, {5, 5, 5});
  const Tensor z =
      scaled(flat, 2, "cubic", "half_pixel").attribute("exclude_outside", int64_t{1}).result();
  CHECK(relative_error(z, floats({6}, {5, 5, 5, 5, 5, 5})) < 1e-6);
}

TEST_CASE("linear Resize in two dimensions is linear in each") {
  OpRun run("Resize", 11);
  run.attribute("mode", std::string("linear"));
  run.attribute("coordinate_transformation_mode", std::string("align_corners"));
  run.input(floats({1, 1, 2, 2}, {0, 2, 4, 10})).input(floats({0}, {})).input(floats({0}, {}));
  run.input(int64s({1, 1, 3, 3}));
  CHECK(run.result() == floats({1, 1, 3, 3}, {0, 1, 2, 2, 4, 6, 4, 7, 10}));
}

TEST_CASE("Resize to sizes that keep the aspect") {
  const auto shape = [](const char* policy) {
    return OpRun("Resize", 18)
        .attribute("keep_aspect_ratio_policy", std::string(policy))
        .attribute("axes", Ints{0, 1})
        .input(counting<float>({4, 6}))
        .left_out()
        .left_out()
        .input(int64s({8, 9}))
        .result()
        .shape();
  };
  CHECK(shape("stretch") == Shape{8, 9});
  CHECK(shape("not_larger") == Shape{6, 9});
  CHECK(shape("not_smaller") == Shape{8, 12});
}

TEST_CASE("Upsample and the first Resize") {
  const Tensor x = floats({1, 2}, {1, 2});
  const Tensor twice = floats({1, 4}, {1, 1, 2, 2});
  CHECK(OpRun("Upsample", 7).attribute("scales", std::vector<float>{1, 2}).input(x).result() ==
        twice);
  CHECK(OpRun("Upsample", 9).input(x).input(floats({2}, {1, 2})).result() == twice);
  CHECK(OpRun("Resize", 10).input(x).input(floats({2}, {1, 2})).result() == twice);
  CHECK(OpRun("Upsample", 9)
            .attribute("mode", std::string("linear"))
            .input(x)
            .input(floats({2}, {1, 2}))
            .result() == floats({1, 4}, {1, 1.5F, 2, 2}));
}

TEST_CASE("Resize tells what is wrong") {
  CHECK_THAT(OpRun("Resize").input(ramp()).left_out().input(floats({2}, {1, 2})).error(),
             ContainsSubstring("must have 1 entries"));
  CHECK_THAT(OpRun("Resize").input(ramp()).left_out().input(floats({1}, {0})).error(),
             ContainsSubstring("must be over 0"));
  CHECK_THAT(OpRun("Resize").attribute("mode", std::string("area")).input(ramp()).error(),
             ContainsSubstring("mode 'area' is not known"));
}

}  // namespace
}  // namespace qtool
