#include "calib/statistics.h"

#include <algorithm>

#include "calib/lane_sums.h"

namespace qtool {

// Elements are read three times, while they are in cache: extremes first, which the histogram needs.
void Statistics::observe(const Tensor& values, int64_t sample) {
  const std::span<const float> elements(values.data<float>(),
                                        static_cast<std::size_t>(values.size()));
  if (elements.empty()) return;
  Extremes seen;
  seen.observe(elements);
  const LaneSums sums = lane_sums(elements);
  Statistics one;
  one.extremes = seen;
  one.sum.add(sums.first);
  one.squares.add(sums.second);
  one.recent.emplace(sample, seen.range());
  histogram.observe(elements, seen.magnitude());
  merge(one);
}

void Statistics::merge(const Statistics& other) {
  extremes.merge(other.extremes);
  sum.add(other.sum);
  squares.add(other.squares);
  histogram.merge(other.histogram);
  for (const auto& [sample, range] : other.recent) {
    const auto [it, is_new] = recent.emplace(sample, range);
    if (!is_new)
      it->second = {std::min(it->second.min, range.min), std::max(it->second.max, range.max)};
  }
  while (recent.size() > kRecent) recent.erase(recent.begin());
}

void merge(CalibrationTable& into, const CalibrationTable& from) {
  into.samples.merge(from.samples);
  for (const auto& [name, extremes] : from.values) into.values[name].merge(extremes);
  for (const auto& [name, statistics] : from.statistics) into.statistics[name].merge(statistics);
  for (const auto& [name, channels] : from.channels)
    with_context([&, &n = name] { return fmt::format("value '{}'", n); },
                 [&, &n = name, &c = channels] { merge_channels(into.channels[n], c); });
  for (const auto& [name, sums] : from.sums)
    with_context([&, &n = name] { return fmt::format("value '{}'", n); },
                 [&, &n = name, &s = sums] { into.sums[n].merge(s); });
}

Ranges choose_minmax(const CalibrationTable& table) {
  Ranges ranges;
  for (const auto& [value, extremes] : table.values) ranges.values.emplace(value, extremes.range());
  for (const auto& [value, channels] : table.channels)
    for (const Extremes& extremes : channels) ranges.channels[value].push_back(extremes.range());
  for (const auto& [value, sums] : table.sums) ranges.means.emplace(value, sums.means());
  return ranges;
}

}  // namespace qtool
