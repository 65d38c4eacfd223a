#include "quant/params/weights.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <map>
#include <random>

#include "error_of.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr WeightScheme kPlain;

TEST_CASE("each output channel has the scale of its largest element") {
  const Tensor weight = Tensor::of<float>({2, 3}, {1.27f, -0.5f, 0, 0.1f, 0.2f, -12.7f});
  const QuantParams rows = choose_weight_params(weight, kPlain, 0, -1);
  REQUIRE(rows.scale.size() == 2);
  CHECK(rows.scale[0] == Catch::Approx(0.01));
  CHECK(rows.scale[1] == Catch::Approx(0.1));
  const QuantParams columns = choose_weight_params(weight, kPlain, 1, -1);
  REQUIRE(columns.scale.size() == 3);
  CHECK(columns.scale[1] == Catch::Approx(0.5 / 127));
  const QuantParams tensor = choose_weight_params(weight, {.per_channel = false}, 0, -1);
  REQUIRE(tensor.scale.size() == 1);
  CHECK(tensor.scale[0] == Catch::Approx(0.1));
  CHECK(choose_weight_params(weight, kPlain, -1, -1) == tensor);
}

TEST_CASE("a middle axis has one scale an index") {
  const Tensor weight = Tensor::of<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, -8});
  const QuantParams params = choose_weight_params(weight, kPlain, 1, -1);
  CHECK(params.scale == std::vector<float>{6.0f / 127, 8.0f / 127});
}

TEST_CASE("blocks along any axis have the scale of their largest element") {
  const Shape shape = {3, 5, 4};
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  Tensor weight(DType::kFloat32, shape);
  for (int64_t i = 0; i < weight.size(); ++i) weight.mutable_data<float>()[i] = normal(random);
  for (int axis = 0; axis < 3; ++axis)
    for (const int64_t block : {1, 2, 3, 8}) {
      const WeightScheme scheme{.dtype = DType::kInt4, .block = block};
      const QuantParams params = choose_weight_params(weight, scheme, 0, axis);
      std::map<std::vector<int64_t>, float> largest;  // in row-major order of the blocks
      for (int64_t i = 0; i < weight.size(); ++i) {
        std::vector<int64_t> at = {i / 20, i / 4 % 5, i % 4};
        at[static_cast<std::size_t>(axis)] /= block;
        largest[at] = std::max(largest[at], std::fabs(weight.data<float>()[i]));
      }
      CHECK(params.axis == axis);
      CHECK(params.block == block);
      REQUIRE(params.scale.size() == largest.size());
      std::size_t c = 0;
      for (const auto& each : largest) CHECK(params.scale[c++] == each.second / 7);
      CHECK(params.zero_point == std::vector<int32_t>(c, 0));
    }
  CHECK(choose_weight_params(weight, {.block = 2}, 0, -1) ==
        choose_weight_params(weight, kPlain, 0, -1));
}

TEST_CASE("an element that is not finite is named") {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    const Tensor weight = Tensor::of<float>({2, 2}, {1, 2, 3, bad});
    CHECK_THAT(error_of([&] { choose_weight_params(weight, kPlain, 0, -1); }),
               ContainsSubstring("element 3 of shape [2, 2] is " + fmt::format("{}", bad)));
  }
  CHECK_THAT(
      error_of([] { choose_weight_params(Tensor::of<double>({1}, {1e300}), kPlain, 0, -1); }),
      ContainsSubstring("element 0 of shape [1] is inf in float32"));
}

TEST_CASE("weights of other types of floating point") {
  const Tensor floats = Tensor::of<float>({2, 2}, {1, -0.3f, 1e-4f, 3e-5f});
  const QuantParams params = choose_weight_params(floats, kPlain, 0, -1);
  CHECK(choose_weight_params(cast(floats, DType::kFloat64), kPlain, 0, -1) == params);
  const QuantParams half = choose_weight_params(cast(floats, DType::kFloat16), kPlain, 0, -1);
  CHECK(half.scale[0] == float(Half(1.0f / 127)));
  CHECK(half.scale[1] == float(Half(1e-4f / 127)));  // denormal
  const QuantParams brain = choose_weight_params(cast(floats, DType::kBFloat16), kPlain, 0, -1);
  CHECK(brain.scale[0] == float(BFloat16(1.0f / 127)));
  const Tensor tiny = cast(Tensor::of<float>({1}, {6e-8f}), DType::kFloat16);
  CHECK(choose_weight_params(tiny, kPlain, 0, -1).scale[0] == 0x1p-24f);
  CHECK_THAT(error_of([] { choose_weight_params(Tensor::of<int32_t>({1}, {1}), kPlain, 0, -1); }),
             ContainsSubstring("type int32"));
}

TEST_CASE("what is no scheme for weights is refused") {
  const Tensor weight = Tensor::of<float>({1, 2}, {1, 2});
  CHECK_THROWS_AS(choose_weight_params(weight, {.block = -1}, 0, 1), Error);
  CHECK_THROWS_AS(choose_weight_params(weight, {.dtype = DType::kInt32}, 0, 1), Error);
  CHECK_THROWS_AS(choose_weight_params(weight, {.dtype = DType::kFloat16}, 0, 1), Error);
}

TEST_CASE("a bias never leaves int32") {
  const Tensor weight = Tensor::of<float>({2, 1}, {1e-9f, 1});
  QuantParams params = choose_weight_params(weight, kPlain, 0, -1);
  const float untouched = params.scale[1];
  const float scale_x = 0.02f;
  fit_bias(params, weight, Tensor::of<float>({2}, {5, 5}), scale_x);
  CHECK(5 / (double(scale_x) * params.scale[0]) == Catch::Approx(1 << 30).epsilon(1e-5));
  CHECK(params.scale[1] == untouched);
}

TEST_CASE("the bias of a channel without weights is kept exactly enough") {
  const Tensor weight = Tensor::of<float>({2, 1}, {0, 1});
  QuantParams params = choose_weight_params(weight, kPlain, 0, -1);
  const float scale_x = 0.02f, bias = 0.123456789f;
  fit_bias(params, weight, Tensor::of<float>({2}, {bias, 0}), scale_x);
  const double step = double(scale_x) * params.scale[0];
  CHECK(std::abs(std::nearbyint(bias / step) * step - bias) < 1e-8);
}

}  // namespace
}  // namespace qtool
