#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace qtool {

/// A float16 number (IEEE 754 binary16) as its bits. Arithmetic is that of float: it converts by
/// itself on the way in, and is rounded to nearest even when made from the result.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  operator float() const {
    const uint32_t magnitude = bits & 0x7FFFU;
    const uint32_t sign = (bits & 0x8000U) << 16;
    // Moved into a float's fields the exponent is 112 too small; infinity and NaN keep theirs.
    const uint32_t moved =
        magnitude >= 0x7C00
            ? magnitude << 13 | 0x7F800000
            : std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112F);
    return std::bit_cast<float>(moved | sign);
  }
};

/// A bfloat16 number (the upper half of a float) as its bits, used likewise.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
};

/// The 16-bit number with these bits.
template <class T>
constexpr T from_bits(uint16_t bits) {
  T value;
  value.bits = bits;
  return value;
}

}  // namespace qtool

namespace std {

template <>
struct numeric_limits<qtool::Half> {
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static qtool::Half max() { return qtool::from_bits<qtool::Half>(0x7BFF); }
  static qtool::Half lowest() { return qtool::from_bits<qtool::Half>(0xFBFF); }
  static qtool::Half infinity() { return qtool::from_bits<qtool::Half>(0x7C00); }
};

template <>
struct numeric_limits<qtool::BFloat16> {
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static qtool::BFloat16 max() { return qtool::from_bits<qtool::BFloat16>(0x7F7F); }
  static qtool::BFloat16 lowest() { return qtool::from_bits<qtool::BFloat16>(0xFF7F); }
  static qtool::BFloat16 infinity() { return qtool::from_bits<qtool::BFloat16>(0x7F80); }
};

}  // namespace std
