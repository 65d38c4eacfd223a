#include "calib/extremes.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace qtool {
namespace {

// Maps the bits of floats to integers of the same order, and back: NaN and Inf come to lie outside
// all finite numbers. Compilers vectorize a minimum of integers, but not one of floats.
int32_t ordered(int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }
int32_t key_of(float value) { return ordered(std::bit_cast<int32_t>(value)); }
float value_of(int32_t key) { return std::bit_cast<float>(ordered(key)); }

// What lies between two keys, both of finite numbers.
Extremes extremes_of(int64_t count, int32_t low, int32_t high) {
  constexpr float kMax = std::numeric_limits<float>::max();
  if (low < key_of(-kMax) || high > key_of(kMax)) fail("holds NaN or Inf");
  return {count, value_of(low), value_of(high)};
}

}  // namespace

void Extremes::observe(std::span<const float> values) {
  if (values.empty()) return;
  int32_t low = key_of(values[0]), high = low;
  for (const float value : values) {
    const int32_t key = key_of(value);
    low = std::min(low, key);
    high = std::max(high, key);
  }
  merge(extremes_of(std::ssize(values), low, high));
}

void observe_columns(std::span<Extremes> columns, std::span<const float> rows) {
  const std::size_t count = columns.size();
  if (rows.empty()) return;
  std::vector<int32_t> low(count), high(count);
  for (std::size_t c = 0; c < count; ++c) low[c] = high[c] = key_of(rows[c]);
  for (std::size_t row = count; row < rows.size(); row += count)
    for (std::size_t c = 0; c < count; ++c) {
      const int32_t key = key_of(rows[row + c]);
      low[c] = std::min(low[c], key);
      high[c] = std::max(high[c], key);
    }
  for (std::size_t c = 0; c < count; ++c)
    columns[c].merge(extremes_of(std::ssize(rows) / std::ssize(columns), low[c], high[c]));
}

void Extremes::observe(const Tensor& values) {
  observe({values.data<float>(), static_cast<std::size_t>(values.size())});
}

void Extremes::observe_finite(const Tensor& values) {
  std::vector<float> finite;
  const float* data = values.data<float>();
  std::copy_if(data, data + values.size(), std::back_inserter(finite),
               [](float value) { return std::isfinite(value); });
  observe(finite);
}

// Adding 0 turns −0 into 0: else the sign would depend on which of the two came first.
void Extremes::merge(const Extremes& other) {
  count += other.count;
  min = std::min(min, other.min) + 0.0f;
  max = std::max(max, other.max) + 0.0f;
}

float Extremes::magnitude() const { return count == 0 ? 0 : std::max(-min, max); }

Range Extremes::range() const { return count == 0 ? Range{} : Range{min, max}; }

}  // namespace qtool
