#include "kernels/reference/grid_sample.h"

#include <algorithm>

namespace qtool::reference {
namespace {

// x mirrored at the ends of [low, high] until it lies between them.
double reflect(double x, double low, double high) {
  const double range = high - low;
  if (range <= 0) return low;
  const double offset = std::abs(std::fmod(x - low, 2 * range));
  return low + std::min(offset, 2 * range - offset);
}

// A neighbour at distance 0 is all there is to the nearest element.
double nearest_weight(double) { return 1; }
// The coefficient is PyTorch's, as ONNX has it.
double cubic_weight_of_grid(double distance) { return cubic_weight(distance, -0.75); }

// Neighbours of a place: the first one counted from the element at or below it, and how many.
struct Kernel {
  int64_t first;
  int64_t count;
  double (*weight)(double distance);
};
Kernel kernel_of(Sampler::Mode mode) {
  if (mode == Sampler::Mode::kNearest) return {0, 1, nearest_weight};
  if (mode == Sampler::Mode::kLinear) return {0, 2, linear_weight};
  return {-1, 4, cubic_weight_of_grid};
}

}  // namespace

void Sampler::axis_taps(double place, int64_t size, Taps& taps) const {
  const auto last = static_cast<double>(size - 1);
  const double low = align_corners ? 0 : -0.5;
  const double high = align_corners ? last : last + 0.5;
  const auto inside = [&](double x) {
    return padding == Padding::kBorder ? std::clamp(x, 0.0, last) : reflect(x, low, high);
  };
  if (mode == Mode::kNearest) place = std::nearbyint(place);
  if (padding != Padding::kZeros && (place < low || place > high)) place = inside(place);
  const Kernel kernel = kernel_of(mode);
  const double below = std::floor(place);
  taps.clear();
  for (int64_t i = kernel.first; i < kernel.first + kernel.count; ++i) {
    double index = below + static_cast<double>(i);
    const double weight = kernel.weight(place - index);
    const bool outside = !(index >= 0 && index <= last);
    if (weight == 0 || (outside && padding == Padding::kZeros)) continue;
    if (outside) index = inside(index);
    taps.push_back({std::clamp<int64_t>(convert_value<int64_t>(index), 0, size - 1), weight});
  }
}

}  // namespace qtool::reference
