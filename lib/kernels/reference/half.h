#pragma once

#include <cstdint>

namespace qtool::reference {

/// A float16 number (IEEE 754 binary16) as its bits; converts from and to float, rounding to
/// nearest even.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};

/// A bfloat16 number (the upper half of a float) as its bits, converted likewise.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

}  // namespace qtool::reference
