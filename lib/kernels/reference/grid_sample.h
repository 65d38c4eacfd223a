#pragma once

#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/interpolate.h"

namespace qtool::reference {

/// How GridSample reads an array between its elements and outside of it.
struct Sampler {
  enum class Mode : uint8_t { kNearest, kLinear, kCubic };
  enum class Padding : uint8_t { kZeros, kBorder, kReflection };
  Mode mode = Mode::kLinear;
  Padding padding = Padding::kZeros;
  bool align_corners = false;

  /// Place in an axis of `size` elements, in elements, of a coordinate for which the axis spans
  /// [-1, 1]: from its first element to its last one if align_corners, else from edge to edge.
  template <class T>
  T place(T coordinate, int64_t size) const {
    const T n = static_cast<T>(size);
    return align_corners ? (coordinate + 1) / 2 * (n - 1) : ((coordinate + 1) * n - 1) / 2;
  }

  /// The elements that make the value at a place of an axis of `size` > 0 elements, written to
  /// `taps`; those that are 0 are left out.
  void axis_taps(double place, int64_t size, Taps& taps) const;
};

/// y [batch, channels, count] from x [batch, channels, dims...], whose sizes are over 0: the values
/// at `places` [batch, count, axes], given in elements. Integers lose their fraction.
template <class T>
void grid_sample(const Sampler& sampler, const std::vector<int64_t>& dims, int64_t batch,
                 int64_t channels, int64_t count, const double* places, const T* x, T* y) {
  int64_t plane = 1;
  for (const int64_t dim : dims) plane *= dim;
  std::vector<Taps> axes(dims.size());
  Taps taps;
  for (int64_t n = 0; n < batch; ++n, x += channels * plane, y += channels * count)
    for (int64_t i = 0; i < count; ++i) {
      for (std::size_t a = 0; a < dims.size(); ++a) sampler.axis_taps(*places++, dims[a], axes[a]);
      multiply_taps(dims, axes, taps);
      for (int64_t c = 0; c < channels; ++c) {
        const T* const from = x + c * plane;
        double sum = 0;
        for (const Tap& tap : taps) sum += tap.weight * static_cast<double>(from[tap.index]);
        const bool exact = taps.size() == 1 && taps[0].weight == 1;
        y[c * count + i] = exact ? from[taps[0].index] : convert_value<T>(sum);
      }
    }
}

}  // namespace qtool::reference
