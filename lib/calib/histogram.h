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

  /// Takes in finite numbers, none of a larger magnitude than `magnitude`.
  void observe(std::span<const float> values, float magnitude);
  void merge(const Histogram& other);

  double width() const;
  /// Exponent of the width, and all counts from bin −kSide on; empty if nothing was seen.
  int exponent() const { return exponent_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  /// From what exponent() and counts() gave. Throws Error for other numbers of bins or negative counts.
  static Histogram of(int exponent, std::vector<int64_t> counts);

  bool operator==(const Histogram&) const = default;

 private:
  void add(const std::vector<int64_t>& finer, int exponent);
  void widen(int exponent);

  static constexpr int kFinest = -120;
  int exponent_ = kFinest;
  std::vector<int64_t> counts_;
};

}  // namespace qtool
