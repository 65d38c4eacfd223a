#include "metrics/latency.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
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
  return {.median = quantile(milliseconds, 0.5),
          .p90 = quantile(milliseconds, 0.9),
          .min = quantile(milliseconds, 0),
          .rounds = static_cast<int>(milliseconds.size())};
}

double paired_ratio(std::span<const double> candidate, std::span<const double> reference) {
  QTOOL_ASSERT(candidate.size() == reference.size());
  std::vector<double> ratios(candidate.size());
  std::transform(candidate.begin(), candidate.end(), reference.begin(), ratios.begin(),
                 std::divides<>());
  return quantile(ratios, 0.5);
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
