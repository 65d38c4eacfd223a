#include "kernels/reference/normalize.h"

#include <catch2/catch_test_macros.hpp>

#include "kernels/reference/interpolate.h"
#include "random_values.h"

namespace qtool::reference {
namespace {

using namespace testing;

TEST_CASE("batch normalization follows its formula") {
  const std::vector<float> x = random_values(2 * 3 * 4, 1);
  const std::vector<float> scale = {1, -2, 0.5F};
  const std::vector<float> bias = {0, 1, -1};
  const std::vector<float> mean = {0.1F, -0.2F, 0.3F};
  const std::vector<float> variance = {1, 0.25F, 4};
  std::vector<float> y(x.size());
  batch_normalization(2, 3, 4, 0.5F, x.data(), scale.data(), bias.data(), mean.data(),
                      variance.data(), y.data());
  std::vector<float> expected;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / 4 % 3;
    expected.push_back(
        static_cast<float>((x[i] - mean[c]) / std::sqrt(variance[c] + 0.5) * scale[c] + bias[c]));
  }
  CHECK(relative_error(y, expected) < 1e-6);
}

TEST_CASE("layer normalization gives rows of mean 0 and variance 1") {
  const std::vector<double> x = {1, 2, 3, 4, -7, 0, 7, 14};
  const std::vector<double> scale(4, 1.0);
  std::vector<double> y(8);
  std::vector<float> mean(2);
  std::vector<float> inverse(2);
  layer_normalization<double>(2, 4, 0, x.data(), scale.data(), nullptr, y.data(), mean.data(),
                              inverse.data());
  for (std::size_t row = 0; row < 2; ++row) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      sum += y[row * 4 + i];
      squares += y[row * 4 + i] * y[row * 4 + i];
    }
    CHECK(std::abs(sum) < 1e-12);
    CHECK(std::abs(squares / 4 - 1) < 1e-12);
  }
  CHECK(mean == std::vector<float>{2.5F, 3.5F});
  CHECK(std::abs(inverse[0] - 1 / std::sqrt(1.25)) < 1e-6);
}

TEST_CASE("interpolation sums weighted elements") {
  const std::vector<float> x = {1, 10, 2, 20};  // [1, 2, 2]
  std::vector<float> y(6);
  interpolate(1, 2, 2, {{{0, 1}}, {{0, 0.5}, {1, 0.5}}, {}}, 7, x.data(), y.data());
  CHECK(y == std::vector<float>{1, 10, 1.5F, 15, 7, 7});
}

}  // namespace
}  // namespace qtool::reference
