#include "base/exact_sum.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

namespace qtool {
namespace {

ExactSum sum(const std::vector<double>& numbers) {
  ExactSum result;
  for (const double number : numbers) result.add(number);
  return result;
}

TEST_CASE("small numbers survive large ones that cancel") {
  CHECK(sum({1e30, 1, -1e30}).value() == 1);
  CHECK(sum({-0x1p120, 0x1p-180, 0x1p120}).value() == 0x1p-180);
  CHECK(sum({-0.75, -0.5}).value() == -1.25);
  CHECK(sum({}).value() == 0);
  CHECK(sum({0x1p-250}).value() == 0);  // below the last place
}

TEST_CASE("any order and any grouping give the same sum") {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> numbers;
  for (int i = 0; i < 2000; ++i) numbers.push_back(std::ldexp(normal(random), i % 120 - 60));
  const ExactSum expected = sum(numbers);
  long double naive = 0;
  for (const double number : numbers) naive += number;
  CHECK(std::fabs(expected.value() - double(naive)) <= 1e-12 * std::fabs(double(naive)));
  std::shuffle(numbers.begin(), numbers.end(), random);
  CHECK(sum(numbers) == expected);
  ExactSum grouped = sum({numbers.begin(), numbers.begin() + 700});
  grouped.add(sum({numbers.begin() + 700, numbers.end()}));
  CHECK(grouped == expected);
}

}  // namespace
}  // namespace qtool
