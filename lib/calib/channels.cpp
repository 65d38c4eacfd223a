#include "calib/channels.h"

#include "calib/lane_sums.h"

namespace qtool {
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

void observe_channels(std::vector<Extremes>& channels, const Tensor& values, int axis) {
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
    sample[c] += lane_sums(run).first;
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

void merge_channels(std::vector<Extremes>& into, const std::vector<Extremes>& from) {
  if (into.empty()) into.resize(from.size());
  if (into.size() != from.size()) fail("has {} channels and {}", into.size(), from.size());
  for (std::size_t c = 0; c < into.size(); ++c) into[c].merge(from[c]);
}

}  // namespace qtool
