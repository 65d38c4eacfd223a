#include "calib/channels.h"

#include "calib/lane_sums.h"

namespace qtool {
namespace {

// The channels of a tensor: how many, and how many elements of one lie together.
struct Layout {
  std::size_t count;
  std::size_t slice = 1;
};

Layout layout_of(const Tensor& values, int axis, std::size_t known) {
  if (values.rank() < 2) fail("has no channels: its shape is {}", to_string(values.shape()));
  const auto a = static_cast<std::size_t>(normalize_axis(axis, values.rank()));
  Layout layout{static_cast<std::size_t>(values.dim(a))};
  if (known != 0 && known != layout.count)
    fail("has {} channels, before it had {}", layout.count, known);
  for (std::size_t i = a + 1; i < values.rank(); ++i)
    layout.slice *= static_cast<std::size_t>(values.dim(i));
  return layout;
}

std::span<const float> elements(const Tensor& values) {
  return {values.data<float>(), static_cast<std::size_t>(values.size())};
}

// Calls `visit(channel, elements)` for what lies together of one channel, in the order of the elements.
template <class Visit>
void for_each_run(const Tensor& values, const Layout& layout, const Visit& visit) {
  const float* data = values.data<float>();
  const float* end = data + values.size();
  for (std::size_t c = 0; data != end; c = (c + 1) % layout.count, data += layout.slice)
    visit(c, std::span<const float>(data, layout.slice));
}

}  // namespace

void observe_channels(std::vector<Extremes>& channels, const Tensor& values, int axis) {
  const Layout layout = layout_of(values, axis, channels.size());
  if (values.size() == 0) return;
  channels.resize(layout.count);
  if (layout.slice == 1) return observe_columns(channels, elements(values));
  for_each_run(values, layout,
               [&](std::size_t c, std::span<const float> run) { channels[c].observe(run); });
}

// The sum over one sample is made in one order, and added exactly to those of others.
void ChannelSums::observe(const Tensor& values, int axis) {
  const Layout layout = layout_of(values, axis, sums.size());
  if (values.size() == 0) return;
  std::vector<double> sample(layout.count);
  if (layout.slice == 1) {
    const std::span<const float> all = elements(values);
    for (std::size_t row = 0; row < all.size(); row += layout.count)
      for (std::size_t c = 0; c < layout.count; ++c) sample[c] += all[row + c];
  } else {
    for_each_run(values, layout, [&](std::size_t c, std::span<const float> run) {
      sample[c] += lane_sums(run).first;
    });
  }
  sums.resize(layout.count);
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
