#include "calib/statistics.h"

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

}  // namespace

void Statistics::observe(const Tensor& values) {
  observe({values.data<float>(), static_cast<std::size_t>(values.size())});
}

void Statistics::observe(std::span<const float> values) {
  if (values.empty()) return;
  int32_t low = key_of(values[0]), high = low;
  for (const float value : values) {
    const int32_t key = key_of(value);
    low = std::min(low, key);
    high = std::max(high, key);
  }
  constexpr float kMax = std::numeric_limits<float>::max();
  if (low < key_of(-kMax) || high > key_of(kMax)) fail("holds NaN or Inf");
  merge({std::ssize(values), value_of(low), value_of(high)});
}

void Statistics::observe_finite(const Tensor& values) {
  std::vector<float> finite;
  const float* data = values.data<float>();
  std::copy_if(data, data + values.size(), std::back_inserter(finite),
               [](float value) { return std::isfinite(value); });
  observe(finite);
}

// Adding 0 turns −0 into 0: else the sign would depend on which of the two came first.
void Statistics::merge(const Statistics& other) {
  count += other.count;
  min = std::min(min, other.min) + 0.0f;
  max = std::max(max, other.max) + 0.0f;
}

void merge(CalibrationTable& into, const CalibrationTable& from) {
  for (const auto& [name, statistics] : from.values) into.values[name].merge(statistics);
  for (const auto& [name, channels] : from.channels) {
    auto& own = into.channels[name];
    if (own.empty()) own.resize(channels.size());
    if (own.size() != channels.size())
      fail("value '{}' has {} channels and {}", name, own.size(), channels.size());
    for (std::size_t c = 0; c < own.size(); ++c) own[c].merge(channels[c]);
  }
}

void observe_channels(std::vector<Statistics>& channels, const Tensor& values, int axis) {
  if (values.rank() < 2) fail("has no channels: its shape is {}", to_string(values.shape()));
  const auto a = static_cast<std::size_t>(normalize_axis(axis, values.rank()));
  const auto count = static_cast<std::size_t>(values.dim(a));
  if (channels.empty()) channels.resize(count);
  if (channels.size() != count) fail("has {} channels, before it had {}", count, channels.size());
  std::size_t slice = 1;  // elements of one channel that lie together
  for (std::size_t i = a + 1; i < values.rank(); ++i)
    slice *= static_cast<std::size_t>(values.dim(i));
  const auto* data = values.data<float>();
  const auto end = data + values.size();
  for (std::size_t c = 0; data != end; c = (c + 1) % count, data += slice)
    channels[c].observe({data, slice});
}

Range choose_minmax(const Statistics& statistics) {
  if (statistics.count == 0) return {};
  return {statistics.min, statistics.max};
}

Ranges choose_minmax(const CalibrationTable& table) {
  Ranges ranges;
  for (const auto& [value, statistics] : table.values)
    ranges.values.emplace(value, choose_minmax(statistics));
  for (const auto& [value, channels] : table.channels)
    for (const Statistics& statistics : channels)
      ranges.channels[value].push_back(choose_minmax(statistics));
  return ranges;
}

}  // namespace qtool
