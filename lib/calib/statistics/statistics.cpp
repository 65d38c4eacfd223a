#include "calib/statistics/statistics.h"

#include <algorithm>

#include "calib/statistics/parts.h"
#include "kernels/simd/observe.h"

namespace qtool {

namespace {

constexpr int64_t kBlock =
    4096;  // elements whose sums are rounded as double; they stay in L1 cache

// What blocks [first, end) of a tensor hold. Each is read from memory once.
Statistics statistics_of(std::span<const float> elements, int64_t first, int64_t end) {
  Statistics result;
  HistogramCounter counter;
  for (int64_t block = first; block < end; ++block) {
    const auto begin = static_cast<std::size_t>(block * kBlock);
    const auto values =
        elements.subspan(begin, std::min<std::size_t>(kBlock, elements.size() - begin));
    Extremes seen;
    seen.observe(values);
    const simd::PowerSums sums = simd::power_sums(std::ssize(values), values.data());
    result.extremes.merge(seen);
    result.sum.add(sums.first);
    result.squares.add(sums.second);
    counter.observe(values, seen.magnitude());
  }
  result.histogram = counter.histogram();
  return result;
}

}  // namespace

void Statistics::observe(const Tensor& values, int64_t sample) {
  const std::span<const float> elements(values.data<float>(),
                                        static_cast<std::size_t>(values.size()));
  if (elements.empty()) return;
  constexpr int64_t kLeastPart = 16;
  Statistics one = gather_in_parts<Statistics>(
      (std::ssize(elements) + kBlock - 1) / kBlock, kLeastPart,
      [&](int64_t first, int64_t end) { return statistics_of(elements, first, end); });
  one.recent.emplace(sample, one.extremes.range());
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
