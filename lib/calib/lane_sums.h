#pragma once

#include <array>
#include <span>

namespace qtool {

/// Σ x and Σ x², rounded as double, in an order that depends on the number of elements alone.
struct LaneSums {
  double first = 0, second = 0;
};

inline LaneSums lane_sums(std::span<const float> values) {
  constexpr std::size_t kLanes = 8;  // sums that do not wait for each other, which vectorizes
  std::array<double, kLanes> first{}, second{};
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double x = values[i + lane];
      first[lane] += x;
      second[lane] += x * x;
    }
  LaneSums sums;
  for (; i < values.size(); ++i) {
    sums.first += values[i];
    sums.second += double{values[i]} * values[i];
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    sums.first += first[lane];
    sums.second += second[lane];
  }
  return sums;
}

}  // namespace qtool
