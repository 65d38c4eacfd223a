#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "calib/range.h"
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
  /// Takes in what another run saw; exact and free of order.
  void merge(const Extremes& other);

  /// The largest magnitude; 0 if nothing was seen.
  float magnitude() const;
  /// Both ends; [0, 0] if nothing was seen.
  Range range() const;
};

/// Takes in an array [rows, columns] column by column. Throws Error on NaN or Inf.
void observe_columns(std::span<Extremes> columns, std::span<const float> rows);

}  // namespace qtool
