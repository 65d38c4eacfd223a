#pragma once

#include <vector>

#include "base/exact_sum.h"
#include "calib/statistics/extremes.h"

namespace qtool {

/// Takes in a float32 tensor index by index of `axis` (−1: the last). Throws Error on NaN or Inf, a
/// tensor without that axis or of rank 1, another number of channels than before.
void observe_channels(std::vector<Extremes>& channels, const Tensor& values, int axis);
/// Throws Error for another number of channels.
void merge_channels(std::vector<Extremes>& into, const std::vector<Extremes>& from);

/// The mean of each channel of a value; exact and free of order from sample to sample.
struct ChannelSums {
  int64_t count = 0;  // elements of each channel
  std::vector<ExactSum> sums;

  /// Takes in a float32 tensor with its channels along `axis`, as observe_channels, and gives its
  /// extremes: it is read once for both.
  Extremes observe(const Tensor& values, int axis);
  /// Throws Error for another number of channels.
  void merge(const ChannelSums& other);
  std::vector<float> means() const;
};

}  // namespace qtool
