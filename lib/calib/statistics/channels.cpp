#include "calib/statistics/channels.h"

#include <algorithm>
#include <limits>

#include "calib/statistics/parts.h"

namespace qtool {
namespace {

// A tensor by its channels: each `slice` elements that lie together are of one. It is taken in units:
// such a run, or, with one element a run, some rows of all channels.
struct ChannelView {
  const float* data;
  int64_t size;
  int64_t count = 0;
  int64_t slice = 1;

  bool has_columns() const { return slice == 1; }
  int64_t unit() const {
    constexpr int64_t kUnit = 1 << 17;
    return has_columns() ? count * std::max<int64_t>(kUnit / count, 1) : slice;
  }
  int64_t units() const { return (size + unit() - 1) / unit(); }
  /// Of a unit of columns, or all units [first, end) of them.
  int64_t rows(int64_t first, int64_t end) const {
    return (std::min(size, end * unit()) - first * unit()) / count;
  }
};

ChannelView view_of(const Tensor& values, int axis, std::size_t known) {
  if (values.rank() < 2) fail("has no channels: its shape is {}", to_string(values.shape()));
  const auto a = static_cast<std::size_t>(normalize_axis(axis, values.rank()));
  ChannelView view{values.data<float>(), values.size(), values.dim(a)};
  if (known != 0 && known != static_cast<std::size_t>(view.count))
    fail("has {} channels, before it had {}", view.count, known);
  for (std::size_t i = a + 1; i < values.rank(); ++i) view.slice *= values.dim(i);
  return view;
}

// Of all channels, in one part of a tensor.
struct ChannelExtremes {
  std::vector<Extremes> channels;
  void merge(const ChannelExtremes& other) { merge_channels(channels, other.channels); }
};

ChannelExtremes column_extremes(int64_t rows, int64_t columns, const float* data) {
  const auto count = static_cast<std::size_t>(columns);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> min(count, kInfinity), max(count, -kInfinity), magnitude(count);
  simd::column_extents(rows, columns, data, min.data(), max.data(), magnitude.data());
  ChannelExtremes result;
  for (std::size_t c = 0; c < count; ++c)
    result.channels.push_back(Extremes::of(rows, {min[c], max[c], magnitude[c]}));
  return result;
}

ChannelExtremes extremes_of(const ChannelView& view, int64_t first, int64_t end) {
  const float* data = view.data + first * view.unit();
  if (view.has_columns()) return column_extremes(view.rows(first, end), view.count, data);
  ChannelExtremes result{std::vector<Extremes>(static_cast<std::size_t>(view.count))};
  for (int64_t run = first; run < end; ++run, data += view.slice)
    result.channels[static_cast<std::size_t>(run % view.count)].observe(
        {data, static_cast<std::size_t>(view.slice)});
  return result;
}

// Sums and extremes of one part of a tensor.
struct PartSums {
  ChannelSums channels;
  Extremes extremes;
  void merge(const PartSums& other) {
    channels.merge(other.channels);
    extremes.merge(other.extremes);
  }
};

// The sum over a unit is made in one order, and added exactly to those of others.
PartSums sums_of(const ChannelView& view, int64_t first, int64_t end) {
  const float* data = view.data + first * view.unit();
  PartSums result;
  std::vector<ExactSum>& exact = result.channels.sums;
  exact.resize(static_cast<std::size_t>(view.count));
  for (int64_t unit = first; unit < end; ++unit, data += view.unit()) {
    simd::Extent extent;
    int64_t size = view.slice;
    if (view.has_columns()) {
      std::vector<double> sums(exact.size());
      size = view.rows(unit, unit + 1) * view.count;
      extent = simd::column_sums(size / view.count, view.count, data, sums.data());
      for (std::size_t c = 0; c < sums.size(); ++c) exact[c].add(sums[c]);
    } else {
      extent = simd::extent_of(size, data);
      exact[static_cast<std::size_t>(unit % view.count)].add(simd::power_sums(size, data).first);
    }
    result.extremes.merge(Extremes::of(size, extent));
  }
  return result;
}

}  // namespace

void observe_channels(std::vector<Extremes>& channels, const Tensor& values, int axis) {
  const ChannelView view = view_of(values, axis, channels.size());
  if (values.size() == 0) return;
  merge_channels(channels,
                 gather_in_parts<ChannelExtremes>(view.units(), 1, [&](int64_t first, int64_t end) {
                   return extremes_of(view, first, end);
                 }).channels);
}

Extremes ChannelSums::observe(const Tensor& values, int axis) {
  const ChannelView view = view_of(values, axis, sums.size());
  if (values.size() == 0) return {};
  PartSums sample = gather_in_parts<PartSums>(
      view.units(), 1, [&](int64_t first, int64_t end) { return sums_of(view, first, end); });
  sample.channels.count = view.size / view.count;
  merge(sample.channels);
  return sample.extremes;
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
