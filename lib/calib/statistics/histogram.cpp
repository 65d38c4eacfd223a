#include "calib/statistics/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "kernels/simd/observe.h"

namespace qtool {
namespace {

constexpr int kSide = Histogram::kSide;
constexpr int kSideBits = 12;
static_assert(1 << kSideBits == kSide);
constexpr int kWidest = 128 - kSideBits;

// The exponent of the width for which |x| < kSide · width.
int exponent_for(float magnitude) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  return magnitude == 0 ? Histogram::kFinest : std::max(exponent - kSideBits, Histogram::kFinest);
}

}  // namespace

Histogram::Histogram(int exponent, int first, std::vector<int64_t> counts)
    : exponent_(exponent), first_(first), used_(std::move(counts)) {
  const auto is_negative = [](int64_t count) { return count < 0; };
  const auto is_used = [](int64_t count) { return count > 0; };
  if (exponent < kFinest || exponent > kWidest || first < -kSide ||
      first + std::ssize(used_) > kSide || std::any_of(used_.begin(), used_.end(), is_negative))
    fail("a histogram has at most {} counts of 0 and more", 2 * kSide);
  used_.erase(std::find_if(used_.rbegin(), used_.rend(), is_used).base(), used_.end());
  const auto begin = std::find_if(used_.begin(), used_.end(), is_used);
  first_ = used_.empty() ? 0 : first_ + static_cast<int>(begin - used_.begin());
  used_.erase(used_.begin(), begin);
}

double Histogram::width() const { return std::ldexp(1.0, exponent_); }

std::vector<int64_t> Histogram::counts() const {
  std::vector<int64_t> all(used_.empty() ? 0 : 2 * kSide);
  std::copy(used_.begin(), used_.end(), all.begin() + (used_.empty() ? 0 : first_ + kSide));
  return all;
}

// Bin b lies in bin ⌊b / 2^shift⌋ of those that are 2^shift times as wide.
void Histogram::widen(int exponent) {
  if (exponent <= exponent_) return;
  const int shift = std::min(exponent - exponent_, 31);
  exponent_ = exponent;
  if (used_.empty()) return;
  const int first = first_ >> shift;
  std::vector<int64_t> wider(
      static_cast<std::size_t>(((first_ + static_cast<int>(used_.size()) - 1) >> shift) - first) +
      1);
  for (std::size_t i = 0; i < used_.size(); ++i)
    wider[static_cast<std::size_t>(((first_ + static_cast<int>(i)) >> shift) - first)] += used_[i];
  first_ = first;
  used_ = std::move(wider);
}

// Makes room for bins [first, end).
void Histogram::reach(int first, int end) {
  if (used_.empty()) first_ = first;
  if (first < first_) {
    used_.insert(used_.begin(), static_cast<std::size_t>(first_ - first), 0);
    first_ = first;
  }
  used_.resize(std::max(used_.size(), static_cast<std::size_t>(end - first_)));
}

void Histogram::merge(const Histogram& other) {
  if (other.used_.empty()) return;
  widen(other.exponent_);
  if (other.exponent_ < exponent_) {
    Histogram wider = other;
    wider.widen(exponent_);
    return merge(wider);
  }
  reach(other.first_, other.first_ + static_cast<int>(other.used_.size()));
  int64_t* counts = used_.data() + (other.first_ - first_);
  for (const int64_t count : other.used_) *counts++ += count;
}

HistogramCounter::HistogramCounter() : counts_(2 * kSide + simd::kZeroCounts) {}

void HistogramCounter::observe(std::span<const float> values, float magnitude) {
  if (const int exponent = exponent_for(magnitude); exponent > exponent_) {
    earlier_ = histogram();
    std::fill(counts_.begin(), counts_.end(), 0);
    exponent_ = exponent;
  }
  simd::count_places(std::ssize(values), values.data(), exponent_, kSide, counts_.data());
}

Histogram HistogramCounter::histogram() const {
  std::vector<int64_t> bins(counts_.begin(), counts_.begin() + 2 * kSide);
  bins[kSide] = std::accumulate(counts_.begin() + 2 * kSide, counts_.end(), bins[kSide]);
  Histogram result = earlier_;
  result.merge(Histogram(exponent_, -kSide, std::move(bins)));
  return result;
}

}  // namespace qtool
