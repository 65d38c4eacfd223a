#include "calib/methods/magnitudes.h"

#include <algorithm>

namespace qtool {
namespace {

std::vector<int64_t> joined(const std::vector<int64_t>& counts) {
  std::vector<int64_t> result(counts.size() / 2);
  for (std::size_t i = 0; i < counts.size(); ++i) result[i / 2] += counts[i];
  return result;
}

}  // namespace

Magnitudes magnitudes(const Histogram& histogram) {
  std::vector<int64_t> counts = histogram.counts();
  counts.resize(2 * Histogram::kSide);
  const auto middle = counts.begin() + Histogram::kSide;
  return {{std::make_reverse_iterator(middle), counts.rend()}, {middle, counts.end()}};
}

std::size_t Magnitudes::used() const {
  std::size_t used = positive.size();
  while (used > 0 && positive[used - 1] == 0 && negative[used - 1] == 0) --used;
  return used;
}

void Magnitudes::join_pairs() {
  negative = joined(negative);
  positive = joined(positive);
}

std::vector<int64_t> Magnitudes::both() const {
  std::vector<int64_t> sum = positive;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += negative[i];
  return sum;
}

Range cut(const Range& range, double end) {
  const auto limit = static_cast<float>(end);
  return {std::max(range.min, -limit), std::min(range.max, limit)};
}

}  // namespace qtool
