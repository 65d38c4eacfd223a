#include "base/small_float.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qtool {
namespace {

using Specials = SmallFloat::Specials;

uint8_t sign_bit(const SmallFloat& type) {
  return static_cast<uint8_t>(1 << (type.exponent_bits + type.mantissa_bits));
}

// Bits of the largest finite number.
uint8_t largest(const SmallFloat& type) {
  const int all = sign_bit(type) - 1;
  if (type.specials == Specials::kInfinities)
    return static_cast<uint8_t>(all - (1 << type.mantissa_bits));
  return static_cast<uint8_t>(type.specials == Specials::kNan ? all - 1 : all);
}

uint8_t nan_bits(const SmallFloat& type, uint8_t sign) {
  const bool unsigned_nan =
      type.specials == Specials::kUnsignedNan || type.specials == Specials::kNone;
  return unsigned_nan ? sign_bit(type) : static_cast<uint8_t>(sign | (sign_bit(type) - 1));
}

// Bits of the number nearest to `magnitude`, finite and not negative, as if exponents had no end.
int round_bits(const SmallFloat& type, float magnitude) {
  const int lowest = 1 - type.bias;
  const int exponent = magnitude == 0 ? lowest : std::max(std::ilogb(magnitude), lowest);
  const float units = std::ldexp(magnitude, type.mantissa_bits - exponent);
  // The leading bit of the mantissa counts as one more in the exponent, and so does a carry.
  return ((exponent - lowest) << type.mantissa_bits) + static_cast<int>(std::nearbyint(units));
}

uint8_t beyond_largest(const SmallFloat& type, uint8_t sign, bool saturate) {
  if (saturate || type.specials == Specials::kNone)
    return static_cast<uint8_t>(sign | largest(type));
  if (type.specials == Specials::kInfinities)
    return static_cast<uint8_t>(sign | (largest(type) + 1));
  return nan_bits(type, sign);
}

}  // namespace

float decode(const SmallFloat& type, uint8_t bits) {
  const bool negative = (bits & sign_bit(type)) != 0;
  const int magnitude = bits & (sign_bit(type) - 1);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (type.specials == Specials::kUnsignedNan && negative && magnitude == 0) return kNan;
  if (magnitude > largest(type)) {
    const bool infinite = type.specials == Specials::kInfinities && magnitude == largest(type) + 1;
    return std::copysign(infinite ? kInfinity : kNan, negative ? -1.0F : 1.0F);
  }
  const int hidden = 1 << type.mantissa_bits;
  const int exponent = magnitude >> type.mantissa_bits;
  const int mantissa = (magnitude & (hidden - 1)) + (exponent == 0 ? 0 : hidden);
  const float value = std::ldexp(static_cast<float>(mantissa),
                                 std::max(exponent, 1) - type.bias - type.mantissa_bits);
  return negative ? -value : value;
}

uint8_t encode(const SmallFloat& type, float x, bool saturate) {
  const uint8_t sign = std::signbit(x) ? sign_bit(type) : uint8_t{0};
  if (std::isnan(x)) return nan_bits(type, sign);
  if (std::isinf(x)) return beyond_largest(type, sign, saturate);
  const int bits = round_bits(type, std::fabs(x));
  if (bits > largest(type)) return beyond_largest(type, sign, saturate);
  if (bits == 0 && type.specials == Specials::kUnsignedNan) return 0;
  return static_cast<uint8_t>(sign | bits);
}

float decode_e8m0(uint8_t bits) {
  return bits == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0F, bits - 127);
}

uint8_t encode_e8m0(float x, bool saturate, ExponentRounding rounding) {
  constexpr uint8_t kNan = 255;
  if (std::isnan(x) || x < 0) return kNan;
  if (std::isinf(x)) return saturate ? 254 : kNan;
  int exponent = -128;  // of 0 and of all that is smaller than 2^−127
  if (x >= std::ldexp(1.0F, -127)) {
    const float fraction =
        std::frexp(x, &exponent);  // x = fraction · 2^exponent, fraction in [½, 1)
    --exponent;
    const bool up = rounding == ExponentRounding::kUp
                        ? fraction > 0.5F
                        : rounding == ExponentRounding::kNearest && fraction >= 0.75F;
    if (up) ++exponent;
  }
  if (exponent < -127) return saturate ? 0 : kNan;
  if (exponent > 127) return saturate ? 254 : kNan;
  return static_cast<uint8_t>(exponent + 127);
}

}  // namespace qtool
