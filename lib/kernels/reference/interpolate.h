#pragma once

#include <cstdint>
#include <vector>

namespace qtool::reference {

/// Part of what an interpolated value is made of: Σ weight · input[index].
struct Tap {
  int64_t index;
  double weight;
};
using Taps = std::vector<Tap>;

/// Weight of a neighbour at a distance: 1 - |d| below 1, else 0.
double linear_weight(double distance);
/// Likewise below 2: Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981,
/// equation 15 for a general a.
double cubic_weight(double distance, double a);

/// y [outer, taps.size(), inner] from x [outer, axis, inner]: the middle axis resampled.
/// An output without taps is `outside`.
template <class T>
void interpolate(int64_t outer, int64_t axis, int64_t inner, const std::vector<Taps>& taps,
                 float outside, const T* x, T* y);

/// The elements of an array of `dims` that make one value, row-major: for each choice of one tap of
/// every axis the product of their weights. Written to `result`.
void multiply_taps(const std::vector<int64_t>& dims, const std::vector<Taps>& axes, Taps& result);

}  // namespace qtool::reference
