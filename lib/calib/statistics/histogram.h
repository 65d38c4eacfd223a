#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qtool {

/// How many numbers lie in each of 2 · kSide bins around 0, all of one width: bin b, −kSide ≤ b < kSide,
/// holds [b · width, (b + 1) · width). The width is the smallest power of two, 2^-120 at least, for
/// which all numbers seen are within: no range is needed in advance, a larger number doubles the
/// width, and two bins become one. What it is then depends on the numbers alone, not on their order
/// or grouping. At least half of the bins on the side of the largest magnitude are in use, so a bin is at most
/// max|x| / 2048 wide.
class Histogram {
 public:
  static constexpr int kSide = 4096;

  Histogram() = default;
  /// With these counts from bin `first` on, a width of 2^exponent. Throws Error for bins or widths that
  /// there are not, and for negative counts.
  Histogram(int exponent, int first, std::vector<int64_t> counts);

  void merge(const Histogram& other);

  double width() const;
  int exponent() const { return exponent_; }
  /// The counts of all bins, from −kSide on; empty if nothing was seen.
  std::vector<int64_t> counts() const;
  /// Those from the first bin that holds any to the last, and which bin is the first.
  const std::vector<int64_t>& used() const { return used_; }
  int first() const { return first_; }

  bool operator==(const Histogram&) const = default;

  static constexpr int kFinest = -120;  // exponent of the least width

 private:
  void widen(int exponent);
  void reach(int first, int end);

  int exponent_ = kFinest;
  int first_ = 0;
  std::vector<int64_t> used_;
};

/// A histogram in the making: numbers are counted in one pass.
class HistogramCounter {
 public:
  HistogramCounter();
  /// Takes in finite numbers, none of a larger magnitude than `magnitude`.
  void observe(std::span<const float> values, float magnitude);
  /// Of all numbers seen.
  Histogram histogram() const;

 private:
  int exponent_ = Histogram::kFinest;
  Histogram earlier_;            // what was counted with smaller widths
  std::vector<int64_t> counts_;  // as simd::count_places has them
};

}  // namespace qtool
