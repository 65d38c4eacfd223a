#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace qtool {

/// A median with the interval that holds it with a confidence of 95 %.
struct Estimate {
  double median = 0;
  double low = 0;
  double high = 0;

  /// Whether the interval is so wide, over a tenth of the median, that the machine was too noisy to tell.
  bool is_noisy() const { return high - low > 0.1 * median; }
};

/// Summary of repeated timings, in milliseconds.
struct Latency {
  Estimate median;
  double p90 = 0;
  double p99 = 0;
  double min = 0;
  int rounds = 0;
};

/// Quantile q in [0, 1] with linear interpolation between order statistics (NumPy's default).
/// At least one value.
double quantile(std::span<const double> values, double q);
/// At least one timing.
Latency summarize(std::span<const double> milliseconds);

/// Percentile bootstrap (Efron, "Bootstrap methods: another look at the jackknife", 1979) of the median
/// with 1000 resamples, always the same ones. At least one value.
Estimate estimate_median(std::span<const double> values);

/// Candidate / reference in each round, timed side by side; same length.
std::vector<double> paired_ratios(std::span<const double> candidate,
                                  std::span<const double> reference);

/// Peak resident memory of this process so far, in bytes: VmHWM of /proc/self/status. Throws Error
/// where there is none. (getrusage would also count the process that started this one.)
std::size_t peak_memory();

}  // namespace qtool
