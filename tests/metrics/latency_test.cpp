#include "metrics/latency.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <cstring>

using namespace qtool;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("quantiles interpolate between order statistics") {
  const std::vector<double> values = {4, 1, 3, 2};  // sorted 1 2 3 4: position q * 3
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 1) == 4);
  CHECK(quantile(values, 0.5) == 2.5);
  CHECK_THAT(quantile(values, 0.9), WithinRel(3.7, 1e-12));
  CHECK_THAT(quantile(values, 0.25), WithinRel(1.75, 1e-12));
  CHECK(quantile(std::vector<double>{7}, 0.9) == 7);
}

TEST_CASE("a summary of timings") {
  std::vector<double> timings;
  for (int i = 11; i >= 1; --i) timings.push_back(i);
  const Latency latency = summarize(timings);
  CHECK(latency.median.median == 6);
  CHECK(latency.p90 == 10);
  CHECK(latency.min == 1);
  CHECK(latency.rounds == 11);
}

TEST_CASE("the ratio pairs rounds, so that a slow round counts for both") {
  // The ratio of medians would be 6 / 10.
  CHECK(paired_ratios(std::vector<double>{5, 50, 6}, std::vector<double>{10, 100, 3}) ==
        std::vector<double>{0.5, 0.5, 2});
}

TEST_CASE("the interval of a median holds it, and narrows with more values") {
  // Uniform on [0, 1]: the median of n has a standard deviation of about 1 / (2 sqrt(n)), so that 95 %
  // lie within 1.96 times that.
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(std::fmod(i * 0.6180339887498949, 1.0));
  const Estimate many = estimate_median(values);
  CHECK_THAT(many.median, WithinAbs(0.5, 0.01));
  CHECK_THAT(many.high - many.low, WithinRel(2 * 1.96 / (2 * std::sqrt(400.0)), 0.15));
  values.resize(25);
  const Estimate few = estimate_median(values);
  CHECK_THAT(few.high - few.low, WithinRel(2 * 1.96 / (2 * std::sqrt(25.0)), 0.4));
  CHECK(few.is_noisy());
  CHECK_FALSE(estimate_median(std::vector<double>{7, 7, 7}).is_noisy());
}

TEST_CASE("peak memory grows by what is touched and does not shrink") {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  const std::size_t before = peak_memory();
  CHECK(before > (std::size_t{1} << 20));
  {
    std::vector<char> block(2 * before + kSize);
    std::memset(block.data(), 1, block.size());
    CHECK(block[block.size() / 2] == 1);
  }
  CHECK(peak_memory() >= before + kSize);
}
