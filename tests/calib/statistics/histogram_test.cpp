#include "calib/statistics/histogram.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "base/error.h"

namespace qtool {
namespace {

std::vector<float> numbers(std::size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> result;
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(std::ldexp(normal(random), static_cast<int>(i % 20) - 10));
  return result;
}

float magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  return largest;
}

Histogram of(std::span<const float> values) {
  HistogramCounter counter;
  counter.observe(values, magnitude(values));
  return counter.histogram();
}

TEST_CASE("numbers lie in the bins that the width says") {
  const std::vector<float> values = numbers(5000, 1);
  const Histogram histogram = of(values);
  CHECK(histogram.width() <= magnitude(values) / 2048);
  CHECK(histogram.width() * Histogram::kSide > magnitude(values));
  std::vector<int64_t> expected(2 * Histogram::kSide);
  for (const float value : values)
    ++expected.at(
        static_cast<std::size_t>(std::floor(value / histogram.width()) + Histogram::kSide));
  CHECK(histogram.counts() == expected);
}

TEST_CASE("histograms do not depend on the order or the grouping of the numbers") {
  std::vector<float> values = numbers(3000, 2);
  const Histogram expected = of(values);
  std::sort(values.begin(), values.end(),
            [](float a, float b) { return std::fabs(a) < std::fabs(b); });
  HistogramCounter grown;
  for (std::size_t i = 0; i < values.size(); i += 100)
    grown.observe({values.data() + i, 100}, magnitude({values.data() + i, 100}));
  CHECK(grown.histogram() == expected);
  Histogram merged = of({values.data() + 2000, 1000});
  merged.merge(of({values.data(), 2000}));
  CHECK(merged == expected);
  Histogram empty;
  empty.merge(Histogram());
  CHECK(empty == Histogram());
  empty.merge(expected);
  CHECK(empty == expected);
}

TEST_CASE("zeros alone, powers of two and the largest numbers have their bins") {
  const std::vector<float> zeros(3);
  CHECK(of(zeros).counts()[Histogram::kSide] == 3);
  const std::vector<float> ends = {-4, 4, 3.4e38f, -3.4e38f, 1e-45f};
  int64_t total = 0;
  const Histogram histogram = of(ends);
  for (const int64_t count : histogram.counts()) total += count;
  CHECK(total == 5);
  CHECK(of(std::vector<float>{4}).width() == 8.0 / Histogram::kSide);
}

TEST_CASE("what is no histogram is refused") {
  constexpr int kSide = Histogram::kSide;
  CHECK_THROWS_AS(Histogram(0, kSide - 1, {1, 2}), Error);
  CHECK_THROWS_AS(Histogram(0, -kSide - 1, {1, 2}), Error);
  CHECK_THROWS_AS(Histogram(200, 0, {1}), Error);
  CHECK_THROWS_AS(Histogram(0, 0, {1, -1, 1}), Error);
}

}  // namespace
}  // namespace qtool
