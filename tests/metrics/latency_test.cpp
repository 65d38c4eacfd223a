#include "metrics/latency.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cstring>

using namespace qtool;
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
  CHECK(latency.median == 6);
  CHECK(latency.p90 == 10);
  CHECK(latency.min == 1);
  CHECK(latency.rounds == 11);
}

TEST_CASE("the ratio pairs rounds, so that a slow round counts for both") {
  // Ratios 0.5, 0.5, 2; the ratio of medians would be 6 / 10.
  CHECK(paired_ratio(std::vector<double>{5, 50, 6}, std::vector<double>{10, 100, 3}) == 0.5);
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
