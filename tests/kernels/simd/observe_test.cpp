#include "kernels/simd/observe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "kernels/random_values.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("the extent of floats is found wherever its ends are") {
  for_each_target([] {
    for (const std::size_t size : {1u, 7u, 8u, 16u, 31u, 32u, 33u, 64u, 77u})
      for (std::size_t at = 0; at < size; ++at) {
        std::vector<float> x = random_values(static_cast<int64_t>(size), 1);
        x[at] = -30;
        x[(at + size / 2) % size] = 20;
        const auto [low, high] = std::minmax_element(x.begin(), x.end());
        const simd::Extent extent = simd::extent_of(std::ssize(x), x.data());
        CAPTURE(size, at);
        CHECK(extent.min == *low);
        CHECK(extent.max == *high);
        CHECK(extent.magnitude == std::max(-*low, *high));
      }
  });
}

TEST_CASE("no NaN and no Inf hides in an extent") {
  for_each_target([] {
    for (const float bad : {kNan, -kNan, kInfinity, -kInfinity})
      for (std::size_t at = 0; at < 77; ++at) {
        std::vector<float> x(77, 1);
        x[at] = bad;
        CAPTURE(bad, at);
        CHECK_FALSE(std::isfinite(simd::extent_of(77, x.data()).magnitude));
      }
  });
}

TEST_CASE("sums of powers are taken in 16 parts on all instruction sets") {
  for (const int64_t size : {1, 15, 16, 100, 4096, 4099}) {
    const std::vector<float> x = random_values(size, 2);
    std::array<double, 16> first{}, second{};
    for (std::size_t i = 0; i < x.size(); ++i) {
      first[i % 16] += x[i];
      second[i % 16] += double{x[i]} * x[i];
    }
    double sum = 0, squares = 0;
    for (std::size_t part = 0; part < 16; ++part) sum += first[part], squares += second[part];
    for_each_target([&] {
      const simd::PowerSums sums = simd::power_sums(size, x.data());
      CHECK(sums.first == sum);
      CHECK(sums.second == squares);
    });
  }
}

// The bins of what floor says, in double.
std::map<int64_t, int64_t> expected_bins(const std::vector<float>& x, int exponent) {
  std::map<int64_t, int64_t> bins;
  for (const float value : x)
    ++bins[static_cast<int64_t>(std::floor(std::ldexp(double{value}, -exponent)))];
  return bins;
}

std::map<int64_t, int64_t> counted_bins(const std::vector<float>& x, int exponent) {
  constexpr int kSide = 4096;
  std::vector<int64_t> counts(2 * kSide + simd::kZeroCounts);
  simd::count_places(std::ssize(x), x.data(), exponent, kSide, counts.data());
  std::map<int64_t, int64_t> bins;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) bins[i < 2 * kSide ? static_cast<int64_t>(i) - kSide : 0] += counts[i];
  return bins;
}

TEST_CASE("numbers are counted where floor says, whatever the width") {
  constexpr float kMost = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (const int exponent : {-120, -9, 0, 116}) {
    const float width = std::ldexp(1.0F, exponent);
    std::vector<float> x = random_values(1003, 3);
    for (float& value : x) value *= width * 1000;
    for (const float near : {0.0F, -0.0F, kTiny, -kTiny, width, -width, 4095.5F * width})
      x.push_back(near);
    if (exponent == 116) x.insert(x.end(), {kMost, -kMost, 1e-30F, -1e-30F});
    for_each_target([&] { CHECK(counted_bins(x, exponent) == expected_bins(x, exponent)); });
  }
}

TEST_CASE("columns have their extents and sums") {
  for (const int64_t columns : {1, 3, 8, 21, 64, 5000})
    for (const int64_t rows : {1, 2, 70}) {
      const std::vector<float> x = random_values(rows * columns, 4);
      const auto size = static_cast<std::size_t>(columns);
      std::vector<float> low(size, kInfinity), high(size, -kInfinity), most(size);
      std::vector<double> total(size, 0.5);
      for (std::size_t i = 0; i < x.size(); ++i) {
        low[i % size] = std::min(low[i % size], x[i]);
        high[i % size] = std::max(high[i % size], x[i]);
        most[i % size] = std::max(most[i % size], std::fabs(x[i]));
        total[i % size] += x[i];
      }
      for_each_target([&] {
        std::vector<float> min(size, kInfinity), max(size, -kInfinity), magnitude(size);
        simd::column_extents(rows, columns, x.data(), min.data(), max.data(), magnitude.data());
        CHECK(min == low);
        CHECK(max == high);
        CHECK(magnitude == most);
        std::vector<double> sums(size, 0.5);
        const simd::Extent extent = simd::column_sums(rows, columns, x.data(), sums.data());
        CHECK(sums == total);
        CHECK(extent.min == *std::min_element(low.begin(), low.end()));
        CHECK(extent.max == *std::max_element(high.begin(), high.end()));
        CHECK(extent.magnitude == *std::max_element(most.begin(), most.end()));
      });
    }
}

TEST_CASE("NaN and Inf stay in the magnitude of their column and of all") {
  for_each_target([] {
    for (const float bad : {kNan, -kNan, kInfinity, -kInfinity})
      for (const std::size_t row : {0u, 1u, 4u}) {
        constexpr std::size_t kColumns = 19;
        std::vector<float> x(5 * kColumns, 1), min(kColumns, 1), max(kColumns, 1), most(kColumns);
        x[row * kColumns + 18] = bad;
        simd::column_extents(5, kColumns, x.data(), min.data(), max.data(), most.data());
        CHECK(most[17] == 1);
        CHECK_FALSE(std::isfinite(most[18]));
        std::vector<double> sums(kColumns);
        CHECK_FALSE(std::isfinite(simd::column_sums(5, kColumns, x.data(), sums.data()).magnitude));
      }
  });
}

}  // namespace
}  // namespace qtool
