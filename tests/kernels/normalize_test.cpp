#include "kernels/reference/normalize.h"

#include <catch2/catch_test_macros.hpp>

#include "kernels/reference/interpolate.h"
#include "random_values.h"

namespace qtool::reference {
namespace {

using namespace testing;

TEST_CASE("channel moments are those of all elements of a channel") {
  const std::vector<double> x = {1, 2, 10, 20, 3, 6, 30, 60};  // [2, 2, 2]
  double mean[2], variance[2];
  channel_moments(2, 2, 2, x.data(), mean, variance);
  CHECK(mean[0] == 3);
  CHECK(mean[1] == 30);
  CHECK(variance[0] == (4 + 1 + 0 + 9) / 4.0);
  CHECK(variance[1] == (400 + 100 + 0 + 900) / 4.0);
}

TEST_CASE("standardized rows have mean 0 and variance 1, or mean square 1") {
  const std::vector<double> x = {1, 2, 3, 4, 9, -7, 0, 7, 14, 100};
  std::vector<double> y(10), mean(2), inverse(2);
  for (const bool centered : {true, false}) {
    standardize(2, 5, centered, 0, x.data(), y.data(), mean.data(), inverse.data());
    for (std::size_t row = 0; row < 2; ++row) {
      double sum = 0;
      double squares = 0;
      for (std::size_t i = row * 5; i < row * 5 + 5; ++i) {
        sum += y[i];
        squares += y[i] * y[i];
        CHECK(std::abs(y[i] / inverse[row] + mean[row] - x[i]) < 1e-12);
      }
      CHECK((std::abs(sum) < 1e-12) == centered);
      CHECK(std::abs(squares / 5 - 1) < 1e-12);
    }
  }
}

TEST_CASE("interpolation sums weighted elements") {
  const std::vector<float> x = {1, 10, 2, 20};  // [1, 2, 2]
  std::vector<float> y(6);
  interpolate(1, 2, 2, {{{0, 1}}, {{0, 0.5}, {1, 0.5}}, {}}, 7, x.data(), y.data());
  CHECK(y == std::vector<float>{1, 10, 1.5F, 15, 7, 7});
}

}  // namespace
}  // namespace qtool::reference
