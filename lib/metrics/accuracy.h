#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// How far outputs are from those of a reference, gathered over samples. NaN or Inf in either
/// leaves no finite figures.
class ErrorMeter {
 public:
  /// Throws Error unless both are float32 and of the same shape.
  void add(const Tensor& reference, const Tensor& value);
  /// 10 · log10(Σ r² / Σ (r − v)²) in dB; infinite if equal.
  double sqnr_db() const;
  /// Σ r·v / sqrt(Σ r² · Σ v²), in [−1, 1]; 1 if both are zero, 0 if one is.
  double cosine() const;
  /// Σ (r − v)² / elements.
  double mse() const { return count_ == 0 ? 0 : noise_ / static_cast<double>(count_); }
  /// max |r − v|.
  double max_abs_error() const { return max_abs_error_; }

 private:
  double signal_ = 0, noise_ = 0, dot_ = 0, other_ = 0, max_abs_error_ = 0;
  int64_t count_ = 0;
};

/// Indices of the k largest scores of a row (all, if it has fewer), best first; of equal ones the
/// first. NaN counts as −Inf. k >= 0.
std::vector<int64_t> top_k(std::span<const float> scores, int k);

/// Integers of 8 bits and more.
bool is_integer(DType dtype);

/// Share of rows whose label is among the k best.
class TopKMeter {
 public:
  explicit TopKMeter(int k) : k_(k) {}
  /// `scores` is float32 [N, classes] or [classes]; one label a row, in [0, classes). For k = 1 also the
  /// class numbers themselves, N integers. Throws Error if not.
  void add(const Tensor& scores, std::span<const int64_t> labels);
  int64_t hits() const { return hits_; }
  int64_t count() const { return count_; }
  double accuracy() const { return count_ == 0 ? 0 : double(hits_) / double(count_); }

 private:
  int k_;
  int64_t hits_ = 0, count_ = 0;
};

}  // namespace qtool
