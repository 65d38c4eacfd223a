#include "calib/statistics/extremes.h"

#include <algorithm>
#include <cmath>

#include "calib/statistics/parts.h"

namespace qtool {
namespace {

constexpr int64_t kLeastPart = 1 << 16;

Extremes extremes_of(std::span<const float> values) {
  return Extremes::of(std::ssize(values), simd::extent_of(std::ssize(values), values.data()));
}

}  // namespace

Extremes Extremes::of(int64_t count, const simd::Extent& extent) {
  if (!std::isfinite(extent.magnitude)) fail("holds NaN or Inf");
  return {count, extent.min, extent.max};
}

void Extremes::observe(std::span<const float> values) {
  if (values.empty()) return;
  merge(gather_in_parts<Extremes>(std::ssize(values), kLeastPart, [&](int64_t first, int64_t end) {
    return extremes_of(
        values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first)));
  }));
}

void Extremes::observe(const Tensor& values) {
  observe({values.data<float>(), static_cast<std::size_t>(values.size())});
}

void Extremes::observe_finite(const Tensor& values) {
  std::vector<float> finite;
  const float* data = values.data<float>();
  std::copy_if(data, data + values.size(), std::back_inserter(finite),
               [](float value) { return std::isfinite(value); });
  observe(finite);
}

// Adding 0 turns −0 into 0: else the sign would depend on which of the two came first.
void Extremes::merge(const Extremes& other) {
  count += other.count;
  min = std::min(min, other.min) + 0.0f;
  max = std::max(max, other.max) + 0.0f;
}

float Extremes::magnitude() const { return count == 0 ? 0 : std::max(-min, max); }

Range Extremes::range() const { return count == 0 ? Range{} : Range{min, max}; }

}  // namespace qtool
