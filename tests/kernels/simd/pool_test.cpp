#include "kernels/simd/pool.h"

#include <cmath>

#include "base/saturate.h"
#include "kernels/conv_cases.h"
#include "kernels/random_values.h"
#include "kernels/reference/pool.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

constexpr int64_t kBatch = 2;

// [batch, rows, columns] to [batch, columns, rows].
template <class T>
std::vector<T> transposed(const std::vector<T>& x, int64_t rows, int64_t columns) {
  std::vector<T> y;
  for (int64_t n = 0; n < kBatch; ++n)
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = 0; i < rows; ++i)
        y.push_back(x[static_cast<std::size_t>((n * rows + i) * columns + j)]);
  return y;
}

template <class T>
std::vector<T> random_elements(int64_t count, float scale) {
  std::vector<T> values;
  for (const float value : random_values(count, 1))
    values.push_back(static_cast<T>(std::is_integral_v<T> ? std::floor(value * scale) +
                                                                (std::is_unsigned_v<T> ? 128 : 0)
                                                          : value * scale));
  return values;
}

// Calls check(window, channels) for windows of all kinds and rows with tails of many lengths.
template <class Check>
void for_each_case(Check check) {
  for (const ConvCase& c : conv_cases())
    if (c.pad_begin < c.kernel && c.pad_end < c.kernel) check(conv_shape(c).window, int64_t{37});
  for (int64_t channels = 1; channels < 75; ++channels)
    check(conv_shape({1, 1, 1, 1, 5, 3, 2, 1, 1, 1}).window, channels);
}

template <class T>
void check_max(const Window& w, int64_t channels, float scale) {
  const auto x = random_elements<T>(kBatch * channels * volume(w.input), scale);
  std::vector<T> y(static_cast<std::size_t>(kBatch * channels * volume(w.output)));
  std::vector<T> expected = y;
  reference::max_pool(w, kBatch * channels, x.data(), expected.data(), nullptr);
  simd::max_pool(w, kBatch, channels, transposed(x, channels, volume(w.input)).data(), y.data());
  CHECK(y == transposed(expected, channels, volume(w.output)));
}

// By the words of the header, one output at a time.
template <class T>
void check_bytes(const Window& w, int64_t channels, const simd::QuantizedMean& rule, bool padded) {
  const auto x = random_elements<T>(kBatch * channels * volume(w.input), 127);
  const auto sizes = reference::window_sizes(w, padded);
  std::vector<float> centered(x.begin(), x.end());
  for (float& value : centered) value -= static_cast<float>(rule.x_zero_point);
  std::vector<float> means(static_cast<std::size_t>(kBatch * channels * volume(w.output)));
  reference::average_pool(w, kBatch * channels, padded, centered.data(), means.data());
  std::vector<T> expected;
  for (const float mean : means)
    expected.push_back(Saturate<T>(rule.y_zero_point)(mean * rule.ratio));
  std::vector<T> y(means.size());
  simd::average_pool(w, kBatch, channels, sizes.data(), rule,
                     transposed(x, channels, volume(w.input)).data(), y.data());
  CHECK(y == transposed(expected, channels, volume(w.output)));
}

template <class T>
void check_global(int64_t pixels, int64_t channels, const simd::QuantizedMean& rule) {
  const auto x = random_elements<T>(kBatch * channels * pixels, 127);
  std::vector<T> expected;
  for (int64_t plane = 0; plane < kBatch * channels; ++plane) {
    int64_t sum = -pixels * rule.x_zero_point;
    for (int64_t p = 0; p < pixels; ++p) sum += x[static_cast<std::size_t>(plane * pixels + p)];
    expected.push_back(Saturate<T>(rule.y_zero_point)(static_cast<float>(sum) * rule.ratio));
  }
  std::vector<T> y(expected.size());
  simd::global_average_pool(kBatch, pixels, channels, rule, transposed(x, channels, pixels).data(),
                            y.data());
  CHECK(y == expected);
}

}  // namespace

TEST_CASE("maximum pooling of channels-last vectors is the reference's") {
  for_each_target([] {
    for_each_case([](const Window& w, int64_t channels) {
      check_max<float>(w, channels, 1);
      check_max<uint8_t>(w, channels, 127);
      check_max<int8_t>(w, channels, 127);
    });
  });
}

TEST_CASE("average pooling of channels-last vectors is the reference's") {
  for_each_target([] {
    for_each_case([](const Window& w, int64_t channels) {
      for (const bool padded : {false, true}) {
        const std::vector<float> x = random_values(kBatch * channels * volume(w.input), 1);
        std::vector<float> y(static_cast<std::size_t>(kBatch * channels * volume(w.output)));
        std::vector<float> expected = y;
        reference::average_pool(w, kBatch * channels, padded, x.data(), expected.data());
        simd::average_pool(w, kBatch, channels, reference::window_sizes(w, padded).data(),
                           transposed(x, channels, volume(w.input)).data(), y.data());
        CHECK(relative_error(y, transposed(expected, channels, volume(w.output))) < 1e-6);
      }
    });
  });
}

TEST_CASE("average pooling of bytes is the reference's") {
  for_each_target([] {
    for_each_case([](const Window& w, int64_t channels) {
      check_bytes<uint8_t>(w, channels, {90, 1.7F, 120}, false);
      check_bytes<int8_t>(w, channels, {-3, 0.5F, 1}, true);
      check_bytes<int8_t>(w, channels, {-3, INFINITY, 1}, true);
    });
  });
}

TEST_CASE("the mean of all pixels of bytes is the reference's") {
  for_each_target([] {
    for (int64_t channels = 1; channels < 75; ++channels) {
      check_global<uint8_t>(49, channels, {100, 1.3F / 49, 40});
      check_global<int8_t>(1, channels, {-5, 0.5F, 3});
    }
  });
}

}  // namespace qtool
