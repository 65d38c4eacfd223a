#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace qtool::reference {

/// Random numbers that are the same for the same seed on every machine: the Mersenne Twister and,
/// on top of it, what NumPy's RandomState does.
class Random {
 public:
  explicit Random(uint32_t seed) : bits_(seed) {}

  /// A number in [0, 1), a multiple of 2^-53.
  double uniform() {
    const double high = static_cast<double>(bits_() >> 5);
    const double low = static_cast<double>(bits_() >> 6);
    return (high * 0x1p26 + low) * 0x1p-53;
  }

  /// A number of the standard normal distribution, by Marsaglia's polar method.
  double normal() {
    if (has_next_) {
      has_next_ = false;
      return next_;
    }
    double x = 0;
    double y = 0;
    double r = 0;
    while (r >= 1 || r == 0) {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      r = x * x + y * y;
    }
    const double scale = std::sqrt(-2 * std::log(r) / r);
    next_ = scale * x;
    has_next_ = true;
    return scale * y;
  }

 private:
  std::mt19937 bits_;
  double next_ = 0;
  bool has_next_ = false;
};

}  // namespace qtool::reference
