#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "calib/ranges/range.h"
#include "kernels/simd/observe.h"
#include "tensor/tensor.h"

namespace qtool {

/// How many elements were seen, the smallest and the largest.
struct Extremes {
  int64_t count = 0;
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  /// Takes in all elements of a float32 tensor. Throws Error on NaN or Inf.
  void observe(const Tensor& values);
  void observe(std::span<const float> values);
  /// The same for its finite elements.
  void observe_finite(const Tensor& values);
  /// Of so many elements with this extent. Throws Error if NaN or Inf was among them.
  static Extremes of(int64_t count, const simd::Extent& extent);
  /// Takes in what another run saw; exact and free of order.
  void merge(const Extremes& other);

  /// The largest magnitude; 0 if nothing was seen.
  float magnitude() const;
  /// Both ends; [0, 0] if nothing was seen.
  Range range() const;
};

}  // namespace qtool
