#pragma once

#include <cstddef>
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
/// At least one value.
double quantile(std::span<const double> values, double q);
/// At least one timing.
Latency summarize(std::span<const double> milliseconds);
/// Median over rounds of candidate / reference, timed side by side; same length, at least one.
double paired_ratio(std::span<const double> candidate, std::span<const double> reference);

/// Peak resident memory of this process so far, in bytes: VmHWM of /proc/self/status. Throws Error
/// where there is none. (getrusage would also count the process that started this one.)
std::size_t peak_memory();

}  // namespace qtool
