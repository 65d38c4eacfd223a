#pragma once

#include <cstdint>

// Functions of whole rows of floats. Sums are taken in 16 parts, element i going to part i mod 16,
// whatever the vectors' width.
namespace qtool::simd {

/// Rows of x [rows, size] (+ skip + skip_bias) with mean 0 and variance 1 (`centered`), or with mean
/// square 1, times `scale` plus `bias`. Pointers that may be null: see each.
struct NormalizeRows {
  int64_t rows = 0;
  int64_t size = 0;
  bool centered = true;
  float epsilon = 0;                 // added to the variance
  const float* x = nullptr;          // [rows, size]
  const float* skip = nullptr;       // [rows, size], null: none
  const float* skip_bias = nullptr;  // [size], null: none
  const float* scale = nullptr;      // [size], null: 1
  const float* bias = nullptr;       // [size], null: 0
  float* sum = nullptr;   // [rows, size]: what is normalized; needed with skip or skip_bias
  float* y = nullptr;     // [rows, size]; not `sum`
  float* mean = nullptr;  // [rows], null: not wanted; 0 if not centered
  float* inverse_deviation = nullptr;  // [rows], likewise
};
void normalize_rows(const NormalizeRows& args);

/// y = exp(x − max) / Σ exp(x − max) for each row of x [rows, size], size > 0; y may be x.
void softmax_rows(int64_t rows, int64_t size, const float* x, float* y);
/// y = x − max − log Σ exp(x − max).
void log_softmax_rows(int64_t rows, int64_t size, const float* x, float* y);

/// Σ x of each row.
void sum_rows(int64_t rows, int64_t size, const float* x, float* y);

}  // namespace qtool::simd
