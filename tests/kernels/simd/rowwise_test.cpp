#include "kernels/simd/rowwise.h"

#include <cmath>
#include <optional>

#include "kernels/random_values.h"
#include "kernels/reference/softmax.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

constexpr int64_t kRows = 3;

// In double, from the definition.
std::vector<float> normalized(const std::vector<float>& x, int64_t size, bool centered,
                              const std::vector<float>& scale, const std::vector<float>& bias) {
  std::vector<float> y;
  const auto n = static_cast<std::size_t>(size);
  for (std::size_t row = 0; row < x.size(); row += n) {
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; centered && i < n; ++i) mean += x[row + i] / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i)
      square += (x[row + i] - mean) * (x[row + i] - mean) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i)
      y.push_back(
          static_cast<float>((x[row + i] - mean) / std::sqrt(square + 1e-5F) * scale[i] + bias[i]));
  }
  return y;
}

void check_normalize(int64_t size, bool centered) {
  const std::vector<float> x = random_values(kRows * size, 1);
  const std::vector<float> skip = random_values(kRows * size, 2);
  const std::vector<float> scale = random_values(size, 3);
  const std::vector<float> bias = random_values(size, 4);
  std::vector<float> y(x.size());
  std::vector<float> sum(x.size());
  simd::normalize_rows({.rows = kRows,
                        .size = size,
                        .centered = centered,
                        .epsilon = 1e-5F,
                        .x = x.data(),
                        .skip = skip.data(),
                        .skip_bias = bias.data(),
                        .scale = scale.data(),
                        .bias = bias.data(),
                        .sum = sum.data(),
                        .y = y.data()});
  std::vector<float> expected_sum = x;
  for (std::size_t i = 0; i < x.size(); ++i)
    expected_sum[i] = x[i] + skip[i] + bias[i % bias.size()];
  CHECK(sum == expected_sum);
  CHECK(relative_error(y, normalized(sum, size, centered, scale, bias)) < 2e-6);
}

template <class Run>
std::vector<std::vector<float>> on_each_target(Run run) {
  std::vector<std::vector<float>> results;
  for_each_target([&] { results.push_back(run()); });
  return results;
}

}  // namespace

TEST_CASE("rows are normalized by the definition") {
  for_each_target([] {
    for (int64_t size = 2; size < 80; ++size)
      for (const bool centered : {true, false}) check_normalize(size, centered);
    check_normalize(4099, true);
  });
}

TEST_CASE("rows become shares as the reference has them") {
  for_each_target([] {
    for (int64_t size = 1; size < 80; ++size) {
      std::vector<float> x = random_values(kRows * size, 1);
      for (float& value : x) value *= 20;
      if (size > 2) x[1] = -INFINITY;
      std::vector<float> y(x.size());
      std::vector<float> expected(x.size());
      simd::softmax_rows(kRows, size, x.data(), y.data());
      reference::map_rows(kRows, size, 1, x.data(), expected.data(), reference::Softmax{});
      CHECK(relative_error(y, expected) < 1e-6);
      if (size > 2) x[1] = 0;
      simd::log_softmax_rows(kRows, size, x.data(), y.data());
      reference::map_rows(kRows, size, 1, x.data(), expected.data(), reference::LogSoftmax{});
      CHECK(relative_error(y, expected) < 1e-6);
    }
  });
}

TEST_CASE("a NaN makes all shares of its row NaN") {
  for_each_target([] {
    for (std::size_t at = 0; at < 21; ++at) {
      std::vector<float> x(21, 1.0F);
      x[at] = NAN;
      simd::softmax_rows(1, 21, x.data(), x.data());
      int numbers = 0;
      for (const float value : x) numbers += !std::isnan(value);
      CHECK(numbers == 0);
    }
  });
}

TEST_CASE("sums of rows are the same for every width of vectors") {
  const std::vector<float> x = random_values(5 * 1003, 1);
  const auto results = on_each_target([&] {
    std::vector<float> y(5);
    simd::sum_rows(5, 1003, x.data(), y.data());
    return y;
  });
  for (const auto& y : results) CHECK(y == results[0]);
  double sum = 0;
  for (std::size_t i = 0; i < 1003; ++i) sum += x[i];
  CHECK(std::abs(results[0][0] - sum) < 1e-4);
}

}  // namespace qtool
