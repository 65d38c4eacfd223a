#include "quant/weights.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

namespace qtool {
namespace {

TEST_CASE("each output channel has the scale of its largest element") {
  const Tensor weight = Tensor::of<float>({2, 3}, {1.27f, -0.5f, 0, 0.1f, 0.2f, -12.7f});
  const QuantParams rows = choose_weight_params(weight, {.axis = 0});
  REQUIRE(rows.scale.size() == 2);
  CHECK(rows.scale[0] == Catch::Approx(0.01));
  CHECK(rows.scale[1] == Catch::Approx(0.1));
  const QuantParams columns = choose_weight_params(weight, {.axis = 1});
  REQUIRE(columns.scale.size() == 3);
  CHECK(columns.scale[1] == Catch::Approx(0.5 / 127));
  const QuantParams tensor = choose_weight_params(weight, {});
  REQUIRE(tensor.scale.size() == 1);
  CHECK(tensor.scale[0] == Catch::Approx(0.1));
}

TEST_CASE("a weight that is not finite is refused") {
  const Tensor weight = Tensor::of<float>({1, 2}, {1, std::numeric_limits<float>::infinity()});
  CHECK_THROWS_AS(choose_weight_params(weight, {}), Error);
}

TEST_CASE("a bias never leaves int32") {
  const Tensor weight = Tensor::of<float>({2, 1}, {1e-9f, 1});
  QuantParams params = choose_weight_params(weight, {.axis = 0});
  const float untouched = params.scale[1];
  const float scale_x = 0.02f;
  fit_bias(params, weight, Tensor::of<float>({2}, {5, 5}), scale_x);
  CHECK(5 / (double(scale_x) * params.scale[0]) == Catch::Approx(1 << 30).epsilon(1e-5));
  CHECK(params.scale[1] == untouched);
}

TEST_CASE("the bias of a channel without weights is kept exactly enough") {
  const Tensor weight = Tensor::of<float>({2, 1}, {0, 1});
  QuantParams params = choose_weight_params(weight, {.axis = 0});
  const float scale_x = 0.02f, bias = 0.123456789f;
  fit_bias(params, weight, Tensor::of<float>({2}, {bias, 0}), scale_x);
  const double step = double(scale_x) * params.scale[0];
  CHECK(std::abs(std::nearbyint(bias / step) * step - bias) < 1e-8);
}

}  // namespace
}  // namespace qtool
