#pragma once

#include <cstdint>
#include <vector>

namespace qtool::reference {

/// How one output of a resized axis is made: Σ weight · input[index].
struct Tap {
  int64_t index;
  double weight;
};
using Taps = std::vector<Tap>;

/// y [outer, taps.size(), inner] from x [outer, axis, inner]: the middle axis resampled.
/// An output without taps is `outside`.
template <class T>
void interpolate(int64_t outer, int64_t axis, int64_t inner, const std::vector<Taps>& taps,
                 float outside, const T* x, T* y);

}  // namespace qtool::reference
