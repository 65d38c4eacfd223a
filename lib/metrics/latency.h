#pragma once

#include <span>
#include <vector>

namespace qtool {

/// Summary of repeated timings, in milliseconds.
struct Latency {
  double median = 0;
  double p90 = 0;
  double min = 0;
  int rounds = 0;
};

/// Quantile q in [0, 1] with linear interpolation between order statistics (NumPy's default).
double quantile(std::span<const double> values, double q);
Latency summarize(std::span<const double> milliseconds);
/// Median over rounds of candidate / reference, timed side by side; same length.
double paired_ratio(std::span<const double> candidate, std::span<const double> reference);

/// Peak resident memory of this process so far, in bytes.
std::size_t peak_memory();

}  // namespace qtool
