#pragma once

#include <array>
#include <cstdint>

namespace qtool {

/// A sum that does not depend on the order of what is added: a fixed-point number of 384 bits with
/// 2^-192 as its last place, in 12 limbs of 32 bits. What is below that place is cut off each number
/// added. After: Kulisch, "Computer Arithmetic and Validity", 2013.
class ExactSum {
 public:
  /// |number| < 2^127; at most 2^29 additions.
  void add(double number);
  void add(const ExactSum& other);
  double value() const;
  bool operator==(const ExactSum&) const = default;

 private:
  static constexpr int kLimbs = 12;
  static constexpr int kLastPlace = -192;

  std::array<int64_t, kLimbs> limbs_ = {};  // carries are left until the value is asked for
};

}  // namespace qtool
