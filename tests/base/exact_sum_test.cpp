#include "base/exact_sum.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "base/error.h"

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

TEST_CASE("sums come back from their text, which equal sums share") {
  for (const std::vector<double>& numbers : std::vector<std::vector<double>>{
           {}, {1}, {-1}, {1e30, -3, 1e-20}, {-0x1p250, 0x1p-190}, {0x1p31, 0x1p31}}) {
    const ExactSum expected = sum(numbers);
    CHECK(ExactSum::of(expected.text()).value() == expected.value());
    CHECK(ExactSum::of(expected.text()).text() == expected.text());
  }
  CHECK(sum({-0x1.a2bp-52}).text() == "-1a2bp-64");
  CHECK(sum({0x1p40, -0x1p40, 3}).text() == sum({1, 2}).text());
  for (const char* text :
       {"", "1", "p0", "1p", "1p1", "-p-64", "1p-224", "zp0", "1p0x", "--1p0", "1p2147483647"})
    CHECK_THROWS_AS(ExactSum::of(text), Error);
}

}  // namespace
}  // namespace qtool
