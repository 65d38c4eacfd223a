#include "base/half.h"

namespace qtool {
namespace {

// value / 2^shift rounded to nearest even, shift in [1, 31].
uint32_t shift_rounding(uint32_t value, int shift) {
  const uint32_t half = uint32_t{1} << (shift - 1);
  const uint32_t odd = (value >> shift) & 1;
  return (value + half - 1 + odd) >> shift;
}

uint16_t half_bits(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  constexpr uint32_t kInfinity = 0x7F800000;
  if (magnitude > kInfinity) return static_cast<uint16_t>(sign | 0x7E00);
  const int exponent = static_cast<int>(magnitude >> 23) - 127;
  if (exponent >= 16) return static_cast<uint16_t>(sign | 0x7C00);
  if (exponent < -25) return static_cast<uint16_t>(sign);
  const uint32_t mantissa = (magnitude & 0x7FFFFF) | 0x800000;
  // Below 2^-14 the numbers are spaced evenly, by 2^-24. A carry out of the mantissa goes into the
  // exponent, where it belongs.
  if (exponent < -14) return static_cast<uint16_t>(sign | shift_rounding(mantissa, -1 - exponent));
  const uint32_t rounded = shift_rounding(mantissa, 13) - 0x400;
  return static_cast<uint16_t>(sign | ((static_cast<uint32_t>(exponent + 15) << 10) + rounded));
}

}  // namespace

Half::Half(float value) : bits(half_bits(value)) {}

BFloat16::BFloat16(float value) {
  const auto raw = std::bit_cast<uint32_t>(value);
  bits = static_cast<uint16_t>(value != value ? (raw >> 16 | 0x40) : shift_rounding(raw, 16));
}

}  // namespace qtool
