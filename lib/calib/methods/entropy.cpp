#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "calib/methods/magnitudes.h"
#include "calib/methods/methods.h"

namespace qtool {
namespace {

constexpr std::size_t kMostBins = 2048;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotYet = std::numeric_limits<double>::quiet_NaN();

double n_log_n(double n) { return n > 0 ? n * std::log(n) : 0; }

// Counts of the numbers on one side of 0, from there on, with sums of what divergences need.
class Side {
 public:
  explicit Side(std::vector<int64_t> counts);

  double total() const { return sum_.back(); }
  double below(std::size_t end) const { return sum_[end]; }
  /// Σ p log(p / q) when the numbers from bin `end` on move into the bin before it (p), and `levels`
  /// runs of bins share what they held before that, or one number if it was none, evenly among the
  /// bins that hold any (q).
  double divergence(std::size_t end, std::size_t levels);

 private:
  double shared(std::size_t first, std::size_t last, double outliers) const;
  double shared_inside(std::size_t first, std::size_t length);

  std::vector<int64_t> counts_;
  std::vector<double> log_;                     // n log n
  std::vector<double> sum_, log_sum_, filled_;  // up to a bin: Σ n, Σ n log n, bins with n > 0
  // What shared() gave without outliers for runs of one length, by their first bin; NaN: not yet. Runs
  // that follow each other for one `end` have two lengths, and come back for the next.
  struct Runs {
    std::size_t length = 0;
    std::vector<double> shared;
  };
  std::array<Runs, 2> runs_;
};

Side::Side(std::vector<int64_t> counts) : counts_(std::move(counts)) {
  counts_[0] = std::min(counts_[0], counts_[1]);  // zeros lose nothing
  for (auto* sums : {&sum_, &log_sum_, &filled_}) sums->assign(1, 0.0);
  for (const int64_t count : counts_) {
    const auto n = static_cast<double>(count);
    log_.push_back(n_log_n(n));
    sum_.push_back(sum_.back() + n);
    log_sum_.push_back(log_sum_.back() + log_.back());
    filled_.push_back(filled_.back() + (n > 0));
  }
}

double Side::shared(std::size_t first, std::size_t last, double outliers) const {
  const double inside = sum_[last] - sum_[first];
  const auto end = static_cast<double>(counts_[last - 1]);
  const double p = inside + outliers;
  if (p == 0) return 0;
  const double filled = filled_[last] - filled_[first] + (end == 0 && outliers > 0);
  const double log_end = outliers > 0 ? n_log_n(end + outliers) : log_[last - 1];
  const double p_log_p = log_sum_[last] - log_sum_[first] - log_[last - 1] + log_end;
  return p_log_p - p * std::log(std::max(inside, 1.0) / filled);
}

double Side::shared_inside(std::size_t first, std::size_t length) {
  Runs& runs = runs_[length % 2];
  if (std::exchange(runs.length, length) != length) runs.shared.assign(counts_.size(), kNotYet);
  double& result = runs.shared[first];
  if (std::isnan(result)) result = shared(first, first + length, 0);
  return result;
}

double Side::divergence(std::size_t end, std::size_t levels) {
  double sum = 0;
  std::size_t first = 0;
  for (std::size_t level = 1; level < levels; ++level) {
    const std::size_t last = level * end / levels;
    sum += shared_inside(first, last - first);
    first = last;
  }
  return sum + shared(first, end, total() - sum_[end]);
}

// Both sides in bins of one width, no more than kMostBins a side.
struct Numbers {
  explicit Numbers(const Histogram& histogram);

  double divergence(std::size_t end, std::size_t levels);

  std::size_t bins = 0;
  double width;
  std::vector<Side> sides;
};

Numbers::Numbers(const Histogram& histogram) : width(histogram.width()) {
  Magnitudes counts = magnitudes(histogram);
  bins = counts.used();
  for (; bins > kMostBins; bins = (bins + 1) / 2, width *= 2) counts.join_pairs();
  sides = {Side(std::move(counts.negative)), Side(std::move(counts.positive))};
}

double Numbers::divergence(std::size_t end, std::size_t levels) {
  const double total = sides[0].total() + sides[1].total();
  const double inside = sides[0].below(end) + sides[1].below(end);
  if (inside == 0) return kInfinity;
  const double sum = sides[0].divergence(end, levels) + sides[1].divergence(end, levels);
  return sum / total + std::log(inside / total);
}

}  // namespace

Range entropy_range(const Histogram& histogram, const Range& seen, const Grid& grid) {
  Numbers numbers(histogram);
  const auto levels = static_cast<std::size_t>(grid.levels / 2);
  double least = kInfinity;
  std::size_t best = numbers.bins;
  for (std::size_t end = levels; end <= numbers.bins; ++end) {
    const double divergence = numbers.divergence(end, levels);
    if (!(divergence < least)) continue;
    least = divergence;
    best = end;
  }
  return cut(seen, numbers.width * static_cast<double>(best));
}

}  // namespace qtool
