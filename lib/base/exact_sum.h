#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace qtool {

/// A sum that does not depend on the order of what is added: a fixed-point number of 512 bits with
/// 2^-192 as its last place, in 16 limbs of 32 bits. What is below that place is cut off each number
/// added. After: Kulisch, "Computer Arithmetic and Validity", 2013.
class ExactSum {
 public:
  /// |number| < 2^300; at most 2^29 additions.
  void add(double number);
  void add(const ExactSum& other);
  double value() const;
  /// The sum as text: "-1a2bp-64" is −0x1a2b · 2^-64, "0" zero; the same for equal sums.
  std::string text() const;
  /// From what text() gave. Throws Error for other text.
  static ExactSum of(std::string_view text);
  bool operator==(const ExactSum&) const = default;

 private:
  ExactSum carried() const;

  static constexpr int kLimbs = 16;
  static constexpr int kLastPlace = -192;

  std::array<int64_t, kLimbs> limbs_ = {};  // carries are left until the value is asked for
};

}  // namespace qtool
