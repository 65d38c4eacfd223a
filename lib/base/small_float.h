#pragma once

#include <cstdint>

namespace qtool {

/// A floating-point type of at most 8 bits, laid out as sign, exponent, mantissa.
struct SmallFloat {
  enum class Specials : uint8_t {
    kInfinities,   // IEEE 754's: infinities and NaN share the largest exponent
    kNan,          // all bits but the sign set is NaN
    kUnsignedNan,  // only the bits of −0 are NaN; there is no −0
    kNone,
  };
  int exponent_bits;
  int mantissa_bits;
  int bias;
  Specials specials;
};

/// The types of ONNX with these names. E4M3FN, E5M2: arXiv:2209.05433; FNUZ: arXiv:2206.02915;
/// E2M1: OCP Microscaling Formats (MX) v1.0, two to a byte in a tensor.
inline constexpr SmallFloat kFloat8E4M3FN = {4, 3, 7, SmallFloat::Specials::kNan};
inline constexpr SmallFloat kFloat8E4M3FNUZ = {4, 3, 8, SmallFloat::Specials::kUnsignedNan};
inline constexpr SmallFloat kFloat8E5M2 = {5, 2, 15, SmallFloat::Specials::kInfinities};
inline constexpr SmallFloat kFloat8E5M2FNUZ = {5, 2, 16, SmallFloat::Specials::kUnsignedNan};
inline constexpr SmallFloat kFloat4E2M1 = {2, 1, 1, SmallFloat::Specials::kNone};

/// The number that these bits stand for.
float decode(const SmallFloat& type, uint8_t bits);

/// The bits of the number nearest to x, ties to even. What rounds to more than the largest number
/// becomes that with `saturate`, else infinity or NaN; E2M1 always saturates. NaN stays NaN; E2M1
/// makes −0 of it, as ONNX's test cases have it. The tables stand in ONNX's Cast.
uint8_t encode(const SmallFloat& type, float x, bool saturate = true);

/// Float8E8M0 has an exponent only: bits b stand for 2^(b − 127), 255 for NaN.
enum class ExponentRounding : uint8_t { kUp, kDown, kNearest };
float decode_e8m0(uint8_t bits);

/// The bits of the power of two next to x. With `saturate` 0 and what is too small become the
/// smallest, infinity and what is too large the largest; without it all of these are NaN. So are
/// NaN and, left open by ONNX, numbers below 0. kNearest takes a tie up.
uint8_t encode_e8m0(float x, bool saturate = true,
                    ExponentRounding rounding = ExponentRounding::kUp);

}  // namespace qtool
