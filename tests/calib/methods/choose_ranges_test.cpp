#include "calib/methods/choose_ranges.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

namespace qtool {
namespace {

Statistics seen(const std::vector<std::vector<float>>& samples) {
  Statistics statistics;
  int64_t number = 0;
  for (const std::vector<float>& sample : samples)
    statistics.observe(Tensor::of<float>({std::ssize(sample)}, sample), number++);
  return statistics;
}

Range chosen(const Statistics& statistics, RangeMethod method, bool symmetric = false) {
  return choose_range(statistics, {.method = method, .grid = {.symmetric = symmetric}});
}

TEST_CASE("moving averages follow the samples by their constant") {
  const Statistics statistics = seen({{0, 1}, {-2, 3}, {-2, 3}});
  const Range range =
      choose_range(statistics, {.method = RangeMethod::kMovingAverage, .averaging = 0.5});
  CHECK(range == Range{-1.5f, 2.5f});  // 0, -1, -1.5 and 1, 2, 2.5
  CHECK(choose_range(statistics, {.method = RangeMethod::kMovingAverage, .averaging = 1}) ==
        Range{-2, 3});
}

TEST_CASE("deviations are those of all elements, and never leave what was seen") {
  const Statistics statistics = seen({{-1, 1}, {-1, 1, 5}});  // mean 1, variance 4.8
  const Range range =
      choose_range(statistics, {.method = RangeMethod::kDeviation, .deviations = 1});
  CHECK(range.min == -1);
  CHECK(range.max == Catch::Approx(1 + std::sqrt(4.8)));
}

TEST_CASE("percentiles leave out half of the rest at each end, or the largest magnitudes") {
  std::vector<float> values;
  for (int i = -1000; i < 1000; ++i) values.push_back(static_cast<float>(i) + 0.5f);
  const Statistics statistics = seen({values});
  const RangeChoice choice{.method = RangeMethod::kPercentile, .percentile = 90};
  const double width = statistics.histogram.width();
  const Range range = choose_range(statistics, choice);
  CHECK(std::fabs(range.min + 900) <= width + 1);
  CHECK(std::fabs(range.max - 900) <= width + 1);
  const Statistics lopsided = seen({{-8, 1, 1, 1, 1, 1, 1, 1, 1, 2}});
  const RangeChoice symmetric{
      .method = RangeMethod::kPercentile, .percentile = 85, .grid = {.symmetric = true}};
  CHECK(choose_range(lopsided, symmetric).min >= -2.1f);
  CHECK(choose_range(lopsided, symmetric).max == 2);
}

TEST_CASE("methods that weigh errors cut a lonely outlier, and nothing of evenly spread numbers") {
  std::vector<float> even, outlier;
  for (int i = 0; i < 200000; ++i) even.push_back(static_cast<float>(i % 4001) / 1000 - 2);
  outlier = even;
  outlier.push_back(200);
  for (const RangeMethod method : {RangeMethod::kEntropy, RangeMethod::kMse, RangeMethod::kL2}) {
    INFO(name(method));
    const Range whole = chosen(seen({even}), method);
    CHECK(whole.min < -1.95f);
    CHECK(whole.max > 1.95f);
    const Range cut = choose_range(seen({outlier}), {.method = method, .grid = {.levels = 16}});
    CHECK(cut.min < -1.5f);
    CHECK(cut.max < 20);
  }
}

// The numbers of e4m3fn: ±m/8 · 2⁻⁶ without a leading one, ±(1 + m/8) · 2^(e − 7), but NaN in place of the last.
TEST_CASE("distribution makes numbers deviate as those of float8 do") {
  double squares = 0;
  for (int e = 0; e < 16; ++e)
    for (int m = 0; m < (e == 15 ? 7 : 8); ++m) {
      const double number = e == 0 ? std::ldexp(m, -9) : std::ldexp(8 + m, e - 10);
      squares += 2 * number * number;
    }
  const double end = 448 / std::sqrt(squares / 254);
  const Grid grid = Grid::of(DType::kFloat8E4M3FN, false);
  const RangeChoice choice{.method = RangeMethod::kDistribution, .grid = grid};
  const Range range = choose_range(seen({{1, 3}, {1, 3}}), choice);  // of deviation 1
  CHECK(range.max == Catch::Approx(end).epsilon(1e-6));
  CHECK(range.min == -range.max);
  CHECK(choose_range(seen({{5, 5}}), choice) == Range{5, 5});
  CHECK(grid.symmetric);
}

TEST_CASE("distribution is a method of float8 only") {
  const auto has_it = [](const Grid& grid) {
    const std::vector<RangeMethod> methods = statistics_methods(grid);
    return std::count(methods.begin(), methods.end(), RangeMethod::kDistribution) == 1;
  };
  CHECK_FALSE(has_it(Grid::of(DType::kUInt8, false)));
  CHECK(has_it(Grid::of(DType::kFloat8E5M2, false)));
}

// 256 levels hold a normal distribution best up to a deviations, where cutting, 2 ∫ (x − a)² φ from a on,
// and rounding, (2a / 256)² / 12, are least together: a = 3.92.
TEST_CASE("l2 cuts a normal distribution near four deviations") {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 2);
  std::vector<float> values(1000000);
  for (float& value : values) value = normal(random);
  const Statistics statistics = seen({values});
  for (const bool symmetric : {false, true}) {
    const Range range = chosen(statistics, RangeMethod::kL2, symmetric);
    CHECK(std::fabs(range.min / 2 + 3.92f) < 0.15f);
    CHECK(std::fabs(range.max / 2 - 3.92f) < 0.15f);
  }
}

TEST_CASE("nothing seen, zeros only and a single number give ranges within what was seen") {
  for (const auto& values : std::vector<std::vector<float>>{{0, 0, 0}, {3}, {-3}}) {
    const Statistics statistics = seen({values});
    for (const RangeMethod method :
         {RangeMethod::kMinMax, RangeMethod::kMovingAverage, RangeMethod::kPercentile,
          RangeMethod::kEntropy, RangeMethod::kMse, RangeMethod::kL2, RangeMethod::kDeviation})
      for (const bool symmetric : {false, true}) {
        INFO(name(method) << " " << values[0]);
        const Range range = chosen(statistics, method, symmetric);
        CHECK(range.min >= statistics.extremes.min);
        CHECK(range.max <= statistics.extremes.max);
        CHECK(range.min <= range.max);
      }
  }
  CHECK(chosen(Statistics(), RangeMethod::kEntropy) == Range{});
}

}  // namespace
}  // namespace qtool
