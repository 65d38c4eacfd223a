#include "kernels/reference/softmax.h"

#include <catch2/catch_test_macros.hpp>

#include "random_values.h"

namespace qtool::reference {
namespace {

using namespace testing;

TEST_CASE("softmax gives the shares of the exponentials") {
  const std::vector<float> x = random_values(2 * 5 * 3, 1);
  std::vector<float> y(x.size());
  map_rows(2, 5, 3, x.data(), y.data(), Softmax{});
  std::vector<float> expected(x.size());
  for (std::size_t o = 0; o < 2; ++o)
    for (std::size_t i = 0; i < 3; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 5; ++k) sum += std::exp(double{x[o * 15 + k * 3 + i]});
      for (std::size_t k = 0; k < 5; ++k)
        expected[o * 15 + k * 3 + i] =
            static_cast<float>(std::exp(double{x[o * 15 + k * 3 + i]}) / sum);
    }
  CHECK(relative_error(y, expected) < 1e-6);
}

TEST_CASE("softmax of large numbers stays finite") {
  const std::vector<float> x = {1000, 1000, -1000};
  std::vector<float> y(3);
  map_rows(1, 3, 1, x.data(), y.data(), Softmax{});
  CHECK(y == std::vector<float>{0.5F, 0.5F, 0});
}

}  // namespace
}  // namespace qtool::reference
