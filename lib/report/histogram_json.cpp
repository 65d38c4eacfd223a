#include "report/histogram_json.h"

#include <algorithm>

namespace qtool {
namespace {

constexpr std::ptrdiff_t kDrawnBins = 400;

}  // namespace

Json histogram_json(const Histogram& histogram) {
  std::vector<int64_t> counts = histogram.counts();
  double width = histogram.width();
  const auto is_used = [](int64_t count) { return count > 0; };
  for (;;) {
    const auto first = std::find_if(counts.begin(), counts.end(), is_used);
    const auto end = std::find_if(counts.rbegin(), counts.rend(), is_used).base();
    if (end - first <= kDrawnBins) {
      const std::ptrdiff_t low = first - counts.begin() - std::ssize(counts) / 2;
      return {{"low", static_cast<float>(static_cast<double>(low) * width)},
              {"width", static_cast<float>(width)},
              {"counts", std::vector<int64_t>(first, std::max(first, end))}};
    }
    for (std::size_t i = 0; i < counts.size() / 2; ++i)
      counts[i] = counts[2 * i] + counts[2 * i + 1];
    counts.resize(counts.size() / 2);
    width *= 2;
  }
}

}  // namespace qtool
