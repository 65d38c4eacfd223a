#pragma once

#include <cstdint>

// What is kept of tensors that are watched. Results do not depend on the vectors' width.
namespace qtool::simd {

/// Smallest and largest of some numbers; both mean nothing where some are NaN or Inf. −0 and 0 are one.
struct Extent {
  float min, max;
  float magnitude;  // the largest |x|; NaN or Inf if that is among them
};
/// Of count > 0 floats.
Extent extent_of(int64_t count, const float* x);

/// Σ x and Σ x² of finite floats, as double: in 16 parts, element i going to part i mod 16.
struct PowerSums {
  double first, second;
};
PowerSums power_sums(int64_t count, const float* x);

/// Counts finite floats by the bins [b, b + 1) · 2^exponent, −side ≤ b < side, in which they lie, at
/// counts[b + side]; but each 0 at one of counts[2 · side] … counts[2 · side + kZeroCounts − 1]. No
/// float is outside; −120 ≤ exponent ≤ 116.
inline constexpr int kZeroCounts = 16;
void count_places(int64_t count, const float* x, int exponent, int side, int64_t* counts);

/// Lowers min[c] and raises max[c] and magnitude[c] to what is in column c of x [rows, columns], each as of
/// extent_of.
void column_extents(int64_t rows, int64_t columns, const float* x, float* min, float* max,
                    float* magnitude);
/// Adds the elements of each column of x [rows, columns], one after the other, to sums [columns]. Gives the
/// extent of all of them; rows · columns > 0.
Extent column_sums(int64_t rows, int64_t columns, const float* x, double* sums);

}  // namespace qtool::simd
