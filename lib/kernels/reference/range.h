#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace qtool::reference {

/// How many of start, start + delta, start + 2 delta… stand before `limit`, which may be more than
/// fit any memory; NaN if an argument is NaN. `delta` is not 0.
template <class T>
double range_count(T start, T limit, T delta) {
  if constexpr (std::is_integral_v<T>) {
    if (delta > 0 ? start >= limit : start <= limit) return 0;
    // Differences of signed integers fit the unsigned ones.
    const auto from = static_cast<uint64_t>(start);
    const auto to = static_cast<uint64_t>(limit);
    const auto step = static_cast<uint64_t>(delta);
    const uint64_t count = delta > 0 ? (to - from - 1) / step : (from - to - 1) / (0 - step);
    return static_cast<double>(count) + 1;
  } else {
    const double count = std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                                   static_cast<double>(delta));
    return count < 0 ? 0 : count;
  }
}

/// y[i] = start + i delta. Integers wrap around.
template <class T>
void range(T start, T delta, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i)
    if constexpr (std::is_integral_v<T>)
      y[i] = static_cast<T>(static_cast<uint64_t>(start) +
                            static_cast<uint64_t>(i) * static_cast<uint64_t>(delta));
    else
      y[i] = start + static_cast<T>(i) * delta;
}

}  // namespace qtool::reference
