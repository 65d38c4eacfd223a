#include "calib/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace qtool {
namespace {

constexpr int kSideBits = 12;
static_assert(1 << kSideBits == Histogram::kSide);

// The exponent of the width for which |x| < kSide · width.
int exponent_for(float magnitude, int finest) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  return magnitude == 0 ? finest : std::max(exponent - kSideBits, finest);
}

constexpr std::size_t kBlock = 512;

}  // namespace

double Histogram::width() const { return std::ldexp(1.0, exponent_); }

Histogram Histogram::of(int exponent, std::vector<int64_t> counts) {
  const auto is_negative = [](int64_t count) { return count < 0; };
  if (counts.size() != 2 * kSide || exponent < kFinest || exponent > 128 - kSideBits ||
      std::any_of(counts.begin(), counts.end(), is_negative))
    fail("a histogram has {} counts of 0 and more", 2 * kSide);
  Histogram result;
  result.exponent_ = exponent;
  result.counts_ = std::move(counts);
  return result;
}

// Adds counts of bins that are 2^-shift times as wide: bin b lies in bin ⌊b / 2^shift⌋.
void Histogram::add(const std::vector<int64_t>& finer, int exponent) {
  const int shift = std::min(exponent_ - exponent, 31);
  for (int bin = -kSide; bin < kSide; ++bin)
    counts_[static_cast<std::size_t>((bin >> shift) + kSide)] +=
        finer[static_cast<std::size_t>(bin + kSide)];
}

void Histogram::widen(int exponent) {
  if (exponent <= exponent_) return;
  const std::vector<int64_t> finer = std::exchange(counts_, std::vector<int64_t>(2 * kSide));
  add(finer, std::exchange(exponent_, exponent));
}

// Places are computed for a block at a time, which compilers vectorize; truncation is made floor.
void Histogram::observe(std::span<const float> values, float magnitude) {
  if (values.empty()) return;
  counts_.resize(2 * kSide);
  widen(exponent_for(magnitude, kFinest));
  const float per_width = std::ldexp(1.0f, -exponent_);
  std::array<int32_t, kBlock> places;
  while (!values.empty()) {
    const std::size_t size = std::min(kBlock, values.size());
    for (std::size_t i = 0; i < size; ++i) {
      const float scaled = values[i] * per_width;
      const auto whole = static_cast<int32_t>(scaled);
      places[i] = whole - (static_cast<float>(whole) > scaled) + kSide;
    }
    for (std::size_t i = 0; i < size; ++i) ++counts_[static_cast<std::size_t>(places[i])];
    values = values.subspan(size);
  }
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.empty()) return;
  counts_.resize(2 * kSide);
  widen(other.exponent_);
  add(other.counts_, other.exponent_);
}

}  // namespace qtool
