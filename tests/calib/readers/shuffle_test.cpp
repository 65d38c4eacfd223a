#include "calib/readers/shuffle.h"

#include <catch2/catch_test_macros.hpp>

using namespace qtool;

TEST_CASE("a seed gives the same order everywhere") {
  // Computed in Python from Nishimura's and Matsumoto's definition of the generator, checked by its
  // 10000th number of seed 5489, 9981545732273789042 (C++ standard, [rand.predef]).
  CHECK(shuffled(10, 7) == std::vector<int64_t>{0, 7, 4, 9, 3, 1, 2, 8, 6, 5});
  CHECK(shuffled(10, 0) == std::vector<int64_t>{7, 2, 0, 8, 3, 9, 6, 1, 5, 4});
  CHECK(shuffled(3, 2026) == std::vector<int64_t>{1, 0, 2});
  CHECK(shuffled(1, 7) == std::vector<int64_t>{0});
  CHECK(shuffled(0, 7).empty());
}
