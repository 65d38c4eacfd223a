#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "quant/params/weights.h"

namespace qtool {
namespace {

using Values = std::vector<float>;

constexpr DType kIntegers[] = {DType::kInt8,   DType::kUInt8, DType::kInt4,  DType::kUInt4,
                               DType::kUInt16, DType::kInt16, DType::kUInt2, DType::kInt2};

Values normal_values(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.1f);
  Values values(count);
  for (float& x : values) x = normal(random);
  return values;
}

// Distributions that weights have, and some that they should not have.
std::vector<Values> examples() {
  std::vector<Values> all = {normal_values(1000, 1), normal_values(32, 2), normal_values(3, 3)};
  Values outliers = normal_values(1000, 4), positive = normal_values(500, 5), sparse(300, 0.0f);
  outliers[17] = 5;
  outliers[18] = -1;
  for (float& x : positive) x = x * x + 0.5f;
  sparse[7] = -3;
  all.insert(all.end(), {outliers, positive, sparse, {0, 0, 0}, {0.7f}, {-1e-42f, 1e-45f}});
  all.push_back({3e38f, -1e37f, 1e38f});
  all.push_back({1e30f, 1e-30f, -1e-30f});
  return all;
}

QuantParams choose(const Values& values, const WeightScheme& scheme) {
  return choose_weight_params(Tensor::of<float>({std::ssize(values)}, values), scheme, -1, -1);
}

// Σ |x − x̂|^p through quantize and dequantize.
double error(const Values& values, const QuantParams& params, double p) {
  const Tensor tensor = Tensor::of<float>({std::ssize(values)}, values);
  const Tensor back = dequantize(quantize(tensor, params), params);
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    sum += std::pow(std::fabs(double{values[i]} - back.data<float>()[i]), p);
  return sum;
}

TEST_CASE("every method gives parameters that QuantizeLinear takes and that keep 0") {
  for (const Values& values : examples())
    for (const DType dtype : kIntegers)
      for (const bool symmetric : {true, false})
        for (const auto method : {WeightMethod::kMinMax, WeightMethod::kMse,
                                  WeightMethod::kPercentile, WeightMethod::kHqq}) {
          CAPTURE(name(dtype), symmetric, name(method), values[0], values.size());
          const QuantParams params =
              choose(values, {.dtype = dtype, .symmetric = symmetric, .method = method});
          REQUIRE(params.scale.size() == 1);
          CHECK(std::isnormal(params.scale[0]));
          CHECK(params.scale[0] > 0);
          const auto [qmin, qmax] = quant_range(dtype);
          CHECK(params.zero_point[0] >= qmin);
          CHECK(params.zero_point[0] <= qmax);
          if (symmetric) CHECK(params.zero_point[0] == (qmin < 0 ? 0 : (qmax + 1) / 2));
          if (std::all_of(values.begin(), values.end(), [](float x) { return x == 0; }))
            CHECK(params.scale[0] == 1);
        }
}

TEST_CASE("mse is never worse than minmax in squares, nor hqq than mse in its norm") {
  for (const Values& values : examples())
    for (const DType dtype : kIntegers)
      for (const bool symmetric : {true, false}) {
        CAPTURE(name(dtype), symmetric, values[0], values.size());
        WeightScheme scheme{.dtype = dtype, .symmetric = symmetric};
        const QuantParams minmax = choose(values, scheme);
        scheme.method = WeightMethod::kMse;
        const QuantParams mse = choose(values, scheme);
        CHECK(error(values, mse, 2) <= error(values, minmax, 2));
        scheme.method = WeightMethod::kHqq;  // whose norm is summed from float32
        CHECK(error(values, choose(values, scheme), 0.75) <= error(values, mse, 0.75) * (1 + 1e-6));
      }
}

TEST_CASE("mse finds nearly the best symmetric scale") {
  for (const unsigned seed : {10u, 11u, 12u})
    for (const std::size_t count : {32u, 2000u}) {
      const Values values = normal_values(count, seed);
      const WeightScheme scheme{.dtype = DType::kInt4, .method = WeightMethod::kMse};
      QuantParams params = choose(values, scheme);
      const double found = error(values, params, 2);
      const float widest = choose(values, {.dtype = DType::kInt4}).scale[0];
      double best = found;
      for (int i = 1; i <= 2000; ++i) {
        params.scale[0] = widest * static_cast<float>(i) / 1900;
        best = std::min(best, error(values, params, 2));
      }
      CHECK(found <= best * 1.05);
    }
}

TEST_CASE("mse cuts each end on its own") {
  Values values = normal_values(4000, 20);
  for (float& x : values) x = std::fabs(x);
  values[5] = -0.1f;
  values[6] = 1.5f;
  const QuantParams params =
      choose(values, {.dtype = DType::kUInt4, .symmetric = false, .method = WeightMethod::kMse});
  const float low = -params.scale[0] * static_cast<float>(params.zero_point[0]);
  const float high = params.scale[0] * static_cast<float>(15 - params.zero_point[0]);
  CHECK(low > -0.1f);  // one element is not worth two levels
  CHECK(high < 0.6f);
  CHECK(high > 0.25f);
}

TEST_CASE("percentile is that of the sorted elements") {
  const auto at = [](Values sorted, double fraction) {
    std::sort(sorted.begin(), sorted.end());
    const double index = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(index);
    const double above = sorted[std::min(below + 1, sorted.size() - 1)];
    return sorted[below] + (above - sorted[below]) * (index - static_cast<double>(below));
  };
  for (const std::size_t count : {2u, 100u, 30001u}) {
    Values values = normal_values(count, 30);
    WeightScheme scheme{.method = WeightMethod::kPercentile};
    Values sizes = values;
    for (float& x : sizes) x = std::fabs(x);
    CHECK(choose(values, scheme).scale[0] == Catch::Approx(at(sizes, 0.9999) / 127));
    scheme.symmetric = false;
    const double width = std::max(at(values, 0.99995), 0.0) - std::min(at(values, 0.00005), 0.0);
    CHECK(choose(values, scheme).scale[0] == Catch::Approx(width / 255));
  }
}

TEST_CASE("half-quadratic quantization finds a lattice that a few elements do not lie on") {
  Values values;
  for (int i = 0; i < 600; ++i) values.push_back(0.01f * static_cast<float>(i % 15 - 7));
  for (const float x : {0.093f, -0.091f, 0.0155f}) values.push_back(x);
  for (const bool symmetric : {true, false}) {
    const QuantParams params = choose(
        values, {.dtype = DType::kInt4, .symmetric = symmetric, .method = WeightMethod::kHqq});
    CHECK(params.scale[0] == Catch::Approx(0.01).epsilon(2e-3));
  }
}

TEST_CASE("with a reduced range no method leaves it") {
  for (const Values& values : examples())
    for (const auto method : {WeightMethod::kMinMax, WeightMethod::kMse, WeightMethod::kPercentile,
                              WeightMethod::kHqq}) {
      const QuantParams params = choose(values, {.reduce_range = true, .method = method});
      const Tensor q = quantize(Tensor::of<float>({std::ssize(values)}, values), params);
      for (const int8_t x : q.to_vector<int8_t>()) CHECK(std::abs(x) <= 63);
    }
}

TEST_CASE("weights of float8 reach the type's largest number by every method") {
  const Values values = {0.5f, -2, 1};
  for (const auto method : {WeightMethod::kMinMax, WeightMethod::kMse, WeightMethod::kHqq}) {
    const QuantParams params =
        choose(values, {.dtype = DType::kFloat8E4M3FN, .symmetric = false, .method = method});
    CHECK(params.scale == Values{2.0f / 448});
    CHECK(params.zero_point == std::vector<int32_t>{0});
  }
}

}  // namespace
}  // namespace qtool
