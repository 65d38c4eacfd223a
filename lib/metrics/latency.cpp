#include "metrics/latency.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>
#include <string>

#include "base/error.h"

namespace qtool {

double quantile(std::span<const double> values, double q) {
  QTOOL_ASSERT(!values.empty() && q >= 0 && q <= 1);
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

Latency summarize(std::span<const double> milliseconds) {
  return {.median = estimate_median(milliseconds),
          .p90 = quantile(milliseconds, 0.9),
          .p99 = quantile(milliseconds, 0.99),
          .min = quantile(milliseconds, 0),
          .rounds = static_cast<int>(milliseconds.size())};
}

Estimate estimate_median(std::span<const double> values) {
  constexpr int kResamples = 1000;
  std::mt19937_64 random(1);
  std::vector<double> medians(kResamples);
  std::vector<double> resample(values.size());
  for (double& each : medians) {
    for (double& value : resample) value = values[random() % values.size()];
    each = quantile(resample, 0.5);
  }
  return {quantile(values, 0.5), quantile(medians, 0.025), quantile(medians, 0.975)};
}

std::vector<double> paired_ratios(std::span<const double> candidate,
                                  std::span<const double> reference) {
  QTOOL_ASSERT(candidate.size() == reference.size());
  std::vector<double> ratios(candidate.size());
  std::transform(candidate.begin(), candidate.end(), reference.begin(), ratios.begin(),
                 std::divides<>());
  return ratios;
}

std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string key;
    std::size_t kibibytes = 0;
    if (words >> key >> kibibytes && key == "VmHWM:") return kibibytes * 1024;
  }
  fail("/proc/self/status: has no line VmHWM, from which peak memory is read");
}

}  // namespace qtool
