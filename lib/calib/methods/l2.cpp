#include <algorithm>
#include <cmath>

#include "calib/methods/magnitudes.h"
#include "calib/methods/methods.h"

namespace qtool {
namespace {

constexpr double kQuantileStep = 1e-5;
constexpr int kZero = Histogram::kSide;  // the first bin that holds no negative number

// ∫ x² dx.
double integral(double begin, double end) { return (end * end * end - begin * begin * begin) / 3; }

// Bins first … last.
struct Bins {
  int first, last;
  bool operator==(const Bins&) const = default;
};

// Numbers that lie evenly in each bin. Lengths are in bins.
class Numbers {
 public:
  explicit Numbers(std::vector<int64_t> counts);

  double total() const { return below_.back(); }
  /// All bins that hold any, and those between them and 0.
  Bins used() const;
  /// Squared error if these bins are cut into `levels` levels, and each number becomes the middle of
  /// the level that is nearest.
  double error(const Bins& bins, int levels) const;
  /// The ends after a step to these quantiles; they do not pass 0.
  Bins within(Bins bins, double low, double high) const;

 private:
  double error_in_bin(double begin, double level, int levels) const;

  std::vector<int64_t> counts_;
  std::vector<double> below_;  // numbers in bins up to and with each
};

Numbers::Numbers(std::vector<int64_t> counts) : counts_(std::move(counts)) {
  double sum = 0;
  for (const int64_t count : counts_) below_.push_back(sum += static_cast<double>(count));
}

Bins Numbers::used() const {
  Bins bins{0, static_cast<int>(counts_.size()) - 1};
  const auto is_empty = [&](int bin) { return counts_[static_cast<std::size_t>(bin)] == 0; };
  while (bins.first < kZero && is_empty(bins.first)) ++bins.first;
  while (bins.last > kZero && is_empty(bins.last)) --bins.last;
  return bins;
}

// Of a number for each unit of length, from `begin` to `begin` + 1.
double Numbers::error_in_bin(double begin, double level, int levels) const {
  const auto level_of = [&](double x) {
    return std::clamp(std::floor(x / level), 0.0, static_cast<double>(levels - 1));
  };
  const double end = begin + 1, half = level / 2;
  const double first = level_of(begin), last = level_of(end);
  return integral(begin - (first * level + half), half) +
         (last - first - 1) * integral(-half, half) + integral(-half, end - (last * level + half));
}

double Numbers::error(const Bins& bins, int levels) const {
  const double level = static_cast<double>(bins.last - bins.first + 1) / levels;
  double sum = 0;
  for (std::size_t bin = 0; bin < counts_.size(); ++bin)
    if (counts_[bin] > 0)
      sum += static_cast<double>(counts_[bin]) *
             error_in_bin(static_cast<double>(bin) - bins.first, level, levels);
  return sum;
}

Bins Numbers::within(Bins bins, double low, double high) const {
  const auto below = [&](int bin) { return below_[static_cast<std::size_t>(bin)]; };
  while (bins.first < kZero && below(bins.first) < low * total()) ++bins.first;
  while (bins.last > kZero && below(bins.last) > high * total()) --bins.last;
  return bins;
}

std::vector<int64_t> mirrored(std::vector<int64_t> counts) {
  const std::vector<int64_t> original = counts;
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += original[counts.size() - 1 - i];
  return counts;
}

}  // namespace

Range l2_range(const Histogram& histogram, const Range& seen, const Grid& grid) {
  if (histogram.counts().empty()) return seen;
  const Numbers numbers(grid.symmetric ? mirrored(histogram.counts()) : histogram.counts());
  Bins best = numbers.used();
  double least = numbers.error(best, grid.levels);
  double low = 0, high = 1;  // quantiles
  while (low < high) {
    Bins next = numbers.within(best, low + kQuantileStep, high - kQuantileStep);
    const bool moves_low = next.first - best.first > best.last - next.last;
    if (moves_low || grid.symmetric) low += kQuantileStep;
    if (!moves_low || grid.symmetric) high -= kQuantileStep;
    if (!grid.symmetric) (moves_low ? next.last : next.first) = moves_low ? best.last : best.first;
    if (next == best) continue;
    const double error = numbers.error(next, grid.levels);
    if (error > least) break;
    least = error;
    best = next;
  }
  const double width = histogram.width();
  return {std::max(seen.min, static_cast<float>((best.first - kZero) * width)),
          std::min(seen.max, static_cast<float>((best.last + 1 - kZero) * width))};
}

}  // namespace qtool
