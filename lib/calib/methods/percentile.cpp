#include <algorithm>
#include <cmath>
#include <numeric>

#include "calib/methods/magnitudes.h"
#include "calib/methods/methods.h"

namespace qtool {
namespace {

// How many of `counts`, from the last one back, can be left out without dropping more than `part` of
// all numbers.
std::size_t droppable(std::span<const int64_t> counts, double part) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  int64_t dropped = 0;
  std::size_t bins = 0;
  for (auto it = counts.rbegin(); it != counts.rend(); ++it, ++bins) {
    dropped += *it;
    if (static_cast<double>(dropped) > part * total) break;
  }
  return bins;
}

}  // namespace

Range percentile_range(const Histogram& histogram, const Range& seen, double percent,
                       const Grid& grid) {
  const double part = 1 - percent / 100;
  const double width = histogram.width();
  if (grid.symmetric) {
    const std::vector<int64_t> counts = magnitudes(histogram).both();
    return cut(seen, width * static_cast<double>(counts.size() - droppable(counts, part)));
  }
  std::vector<int64_t> counts = histogram.counts();
  const auto high = Histogram::kSide - static_cast<double>(droppable(counts, part / 2));
  std::reverse(counts.begin(), counts.end());
  const auto low = static_cast<double>(droppable(counts, part / 2)) - Histogram::kSide;
  return {std::max(seen.min, static_cast<float>(low * width)),
          std::min(seen.max, static_cast<float>(high * width))};
}

}  // namespace qtool
