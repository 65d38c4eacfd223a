#include "quant/params/product_scales.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "quant/params/weights.h"

namespace qtool {
namespace {

constexpr int64_t kRows = 64, kChannels = 32, kColumns = 24;

Tensor random_matrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Tensor result(DType::kFloat32, {rows, columns});
  for (int64_t i = 0; i < result.size(); ++i) result.mutable_data<float>()[i] = normal(random);
  return result;
}

void multiply_column(Tensor& matrix, int64_t column, float factor) {
  for (int64_t r = 0; r < matrix.dim(0); ++r)
    matrix.mutable_data<float>()[r * matrix.dim(1) + column] *= factor;
}

std::vector<Range> column_ranges(const Tensor& matrix) {
  std::vector<Range> ranges(static_cast<std::size_t>(matrix.dim(1)));
  for (int64_t i = 0; i < matrix.size(); ++i) {
    Range& range = ranges[static_cast<std::size_t>(i % matrix.dim(1))];
    range.min = std::min(range.min, matrix.data<float>()[i]);
    range.max = std::max(range.max, matrix.data<float>()[i]);
  }
  return ranges;
}

double product(const Tensor& x, const Tensor& w, int64_t r, int64_t n) {
  double sum = 0;
  for (int64_t k = 0; k < x.dim(1); ++k)
    sum += double(x.data<float>()[r * x.dim(1) + k]) * w.data<float>()[k * w.dim(1) + n];
  return sum;
}

// Squared error of x · w when both are quantized, x divided and w multiplied by the factors.
double error_with(const Tensor& x, const Tensor& w, std::vector<float> factors) {
  factors.resize(static_cast<std::size_t>(x.dim(1)), 1.0f);
  Tensor divided = x.clone();
  Tensor multiplied = w.clone();
  for (int64_t i = 0; i < x.size(); ++i)
    divided.mutable_data<float>()[i] /= factors[static_cast<std::size_t>(i % x.dim(1))];
  for (int64_t i = 0; i < w.size(); ++i)
    multiplied.mutable_data<float>()[i] *= factors[static_cast<std::size_t>(i / w.dim(1))];
  Range range;
  for (int64_t i = 0; i < x.size(); ++i)
    range = {std::min(range.min, divided.data<float>()[i]),
             std::max(range.max, divided.data<float>()[i])};
  const QuantParams x_params = choose_params(range.min, range.max, DType::kUInt8, false);
  const QuantParams w_params = choose_weight_params(multiplied, {}, 1, 0);
  const Tensor x_rounded = dequantize(quantize(divided, x_params), x_params);
  const Tensor w_rounded = dequantize(quantize(multiplied, w_params), w_params);
  double error = 0;
  for (int64_t r = 0; r < x.dim(0); ++r)
    for (int64_t n = 0; n < w.dim(1); ++n)
      error += std::pow(product(x, w, r, n) - product(x_rounded, w_rounded, r, n), 2);
  return error;
}

TEST_CASE("channels that are much larger than others get factors, which lower the real error") {
  Tensor x = random_matrix(kRows, kChannels, 1);
  const Tensor w = random_matrix(kChannels, kColumns, 2);
  multiply_column(x, 3, 20);
  multiply_column(x, 17, 40);
  const std::vector<float> factors =
      choose_product_factors(column_ranges(x), std::vector<ProductWeight>{{&w, false}}, {}, {});
  REQUIRE(factors.size() == kChannels);
  CHECK(error_with(x, w, factors) < 0.25 * error_with(x, w, {}));
}

TEST_CASE("factors follow the formula for one exponent, for a transposed weight too") {
  const std::vector<Range> channels = {{-1, 1}, {0, 100}, {-2, 1}};
  const Tensor w = Tensor::of<float>({2, 3}, {1, 0.5f, -2, 0.25f, 0.125f, 1});  // [n, channels]
  const std::vector<float> factors =
      choose_product_factors(channels, std::vector<ProductWeight>{{&w, true}}, {}, {});
  REQUIRE(factors.size() == 3);
  // f[0] = 1^α / 1^(1 − α) = 1, f[2] = 2^α / 2^(1 − α) = 2^(2α − 1)
  CHECK(factors[0] == Catch::Approx(1));
  const double alpha = (std::log2(factors[2]) + 1) / 2;
  CHECK(alpha > 0.29);
  CHECK(alpha < 0.81);
  CHECK(factors[1] == Catch::Approx(std::pow(100, alpha) / std::pow(0.5, 1 - alpha)));
}

TEST_CASE("channels alike, or without numbers, need no factors") {
  const Tensor x = random_matrix(kRows, kChannels, 1);
  const Tensor w = random_matrix(kChannels, kColumns, 2);
  CHECK(choose_product_factors(column_ranges(x), std::vector<ProductWeight>{{&w, false}}, {}, {})
            .empty());
  const Tensor zeros = Tensor::of<float>({2, 1}, {0, 0});
  CHECK(choose_product_factors(std::vector<Range>{{0, 0}, {0, 0}},
                               std::vector<ProductWeight>{{&zeros, false}}, {}, {})
            .empty());
}

}  // namespace
}  // namespace qtool
