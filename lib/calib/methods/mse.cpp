#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "calib/methods/methods.h"

namespace qtool {
namespace {

constexpr int kSteps = 128;

// Numbers, each taken to lie in the middle of its bin, with sums up to any bin.
class Numbers {
 public:
  explicit Numbers(const Histogram& histogram);

  /// Squared error of rounding in `steps` steps within the range, and of cutting to it.
  double error(const Range& range, int steps) const;

 private:
  struct Sums {
    double count = 0, first = 0, second = 0;  // Σ n, Σ n x, Σ n x²
  };
  // Σ n (x − end)² over bins [first, last).
  double distance(std::size_t first, std::size_t last, double end) const;
  std::size_t bin(double x) const;

  std::vector<Sums> sums_;
  double width_;
};

Numbers::Numbers(const Histogram& histogram) : sums_(1), width_(histogram.width()) {
  double x = (0.5 - Histogram::kSide) * width_;
  for (const int64_t count : histogram.counts()) {
    const auto n = static_cast<double>(count);
    const Sums& sums = sums_.back();
    sums_.push_back({sums.count + n, sums.first + n * x, sums.second + n * x * x});
    x += width_;
  }
}

// The first bin whose middle is not below x.
std::size_t Numbers::bin(double x) const {
  const double place = std::ceil(x / width_ - 0.5) + Histogram::kSide;
  return static_cast<std::size_t>(std::clamp(place, 0.0, 2.0 * Histogram::kSide));
}

double Numbers::distance(std::size_t first, std::size_t last, double end) const {
  const Sums &a = sums_[first], &b = sums_[last];
  return b.second - a.second - 2 * end * (b.first - a.first) + end * end * (b.count - a.count);
}

double Numbers::error(const Range& range, int steps) const {
  const std::size_t low = bin(range.min), high = bin(range.max);
  const double step = (double{range.max} - range.min) / steps;
  return distance(0, low, range.min) + distance(high, sums_.size() - 1, range.max) +
         (sums_[high].count - sums_[low].count) * step * step / 12;
}

}  // namespace

Range mse_range(const Histogram& histogram, const Range& seen, const Grid& grid) {
  if (histogram.counts().empty()) return seen;
  const Numbers numbers(histogram);
  const float end = std::max(-seen.min, seen.max);
  const Range whole =
      grid.symmetric ? Range{-end, end} : Range{std::min(seen.min, 0.0f), std::max(seen.max, 0.0f)};
  Range best = whole;
  double least = numbers.error(whole, grid.levels - 1);
  for (int a = 1; a <= kSteps; ++a)
    for (int b = grid.symmetric ? a : 1; b <= (grid.symmetric ? a : kSteps); ++b) {
      const Range range = {whole.min * static_cast<float>(a) / kSteps,
                           whole.max * static_cast<float>(b) / kSteps};
      const double error = numbers.error(range, grid.levels - 1);
      if (error < least) {
        least = error;
        best = range;
      }
    }
  return {std::max(best.min, seen.min), std::min(best.max, seen.max)};
}

}  // namespace qtool
