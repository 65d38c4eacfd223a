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
  for (const auto& [name, sums] : from.sums)
    with_context([&, &n = name] { return fmt::format("value '{}'", n); },
                 [&, &n = name, &s = sums] { into.sums[n].merge(s); });
}

namespace {

// Calls `visit(channel, elements)` for what lies together of one channel, in the order of the elements.
template <class Visit>
void for_each_run(const Tensor& values, int axis, std::size_t known, const Visit& visit) {
  if (values.rank() < 2) fail("has no channels: its shape is {}", to_string(values.shape()));
  const auto a = static_cast<std::size_t>(normalize_axis(axis, values.rank()));
  const auto count = static_cast<std::size_t>(values.dim(a));
  if (known != 0 && known != count) fail("has {} channels, before it had {}", count, known);
  std::size_t slice = 1;
  for (std::size_t i = a + 1; i < values.rank(); ++i)
    slice *= static_cast<std::size_t>(values.dim(i));
  const float* data = values.data<float>();
  const float* end = data + values.size();
  for (std::size_t c = 0; data != end; c = (c + 1) % count, data += slice)
    visit(c, std::span<const float>(data, slice));
}

std::size_t channel_count(const Tensor& values, int axis) {
  return static_cast<std::size_t>(
      values.dim(static_cast<std::size_t>(normalize_axis(axis, values.rank()))));
}

}  // namespace

void observe_channels(std::vector<Statistics>& channels, const Tensor& values, int axis) {
  for_each_run(values, axis, channels.size(), [&](std::size_t c, std::span<const float> run) {
    if (channels.empty()) channels.resize(channel_count(values, axis));
    channels[c].observe(run);
  });
}

// The sum over one sample is made in one order, and added exactly to those of others.
void ChannelSums::observe(const Tensor& values, int axis) {
  std::vector<double> sample;
  for_each_run(values, axis, sums.size(), [&](std::size_t c, std::span<const float> run) {
    if (sample.empty()) sample.resize(channel_count(values, axis));
    double sum = 0;
    for (const float value : run) sum += value;
    sample[c] += sum;
  });
  if (sample.empty()) return;
  sums.resize(sample.size());
  for (std::size_t c = 0; c < sample.size(); ++c) sums[c].add(sample[c]);
  count += values.size() / std::ssize(sample);
}

void ChannelSums::merge(const ChannelSums& other) {
  if (sums.empty()) sums.resize(other.sums.size());
  if (sums.size() != other.sums.size())
    fail("has {} channels and {}", sums.size(), other.sums.size());
  for (std::size_t c = 0; c < sums.size(); ++c) sums[c].add(other.sums[c]);
  count += other.count;
}

std::vector<float> ChannelSums::means() const {
  std::vector<float> result;
  for (const ExactSum& sum : sums)
    result.push_back(static_cast<float>(sum.value() / static_cast<double>(count)));
  return result;
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
  for (const auto& [value, sums] : table.sums) ranges.means.emplace(value, sums.means());
  return ranges;
}

}  // namespace qtool
