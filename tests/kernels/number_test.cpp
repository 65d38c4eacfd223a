#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "kernels/reference/binary.h"
#include "kernels/reference/convert.h"
#include "kernels/reference/unary.h"
#include "random_values.h"

namespace qtool::reference {
namespace {

// The value that IEEE 754 gives a binary16 number, from its fields.
double half_value(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = (bits & 1023) / 1024.0;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign *
         (exponent == 0 ? std::exp2(-14) * fraction : std::exp2(exponent - 15) * (1 + fraction));
}

uint16_t half_of(float value) { return Half(value).bits; }

TEST_CASE("every float16 number converts to float and back") {
  int wrong = 0;
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    Half half;
    half.bits = static_cast<uint16_t>(bits);
    const float value = static_cast<float>(half);
    const double expected = half_value(half.bits);
    if (std::isnan(expected))
      wrong += !std::isnan(value) || !std::isnan(half_value(half_of(value)));
    else
      wrong += value != expected || half_of(value) != half.bits;
  }
  CHECK(wrong == 0);
}

TEST_CASE("float to float16 rounds to nearest even") {
  // Between two neighbours: the middle goes to the even one, all else to the nearer one.
  int wrong = 0;
  for (uint16_t bits = 0; bits < 0x7BFF; ++bits) {
    const double low = half_value(bits);
    const double high = half_value(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    wrong += half_of(middle) != (bits % 2 == 0 ? bits : bits + 1);
    wrong += half_of(std::nextafter(middle, -INFINITY)) != bits;
    wrong += half_of(std::nextafter(middle, INFINITY)) != bits + 1;
  }
  CHECK(wrong == 0);
  CHECK(half_of(65519.99F) == 0x7BFF);
  CHECK(half_of(65520.0F) == 0x7C00);
  CHECK(half_of(-1e30F) == 0xFC00);
}

TEST_CASE("bfloat16 keeps the upper half of a float, rounded to nearest even") {
  CHECK(BFloat16(1.0F).bits == 0x3F80);
  CHECK(static_cast<float>(BFloat16(-2.5F)) == -2.5F);
  CHECK(BFloat16(std::bit_cast<float>(0x3F808000U)).bits == 0x3F80);
  CHECK(BFloat16(std::bit_cast<float>(0x3F818000U)).bits == 0x3F82);
  CHECK(BFloat16(std::bit_cast<float>(0x3F808001U)).bits == 0x3F81);
  CHECK(std::isnan(static_cast<float>(BFloat16(NAN))));
}

TEST_CASE("numbers convert as ONNX's Cast says") {
  CHECK(convert_value<int32_t>(-1.9F) == -1);
  CHECK(convert_value<int8_t>(300.0F) == 127);
  CHECK(convert_value<uint8_t>(-5.0F) == 0);
  CHECK(convert_value<int64_t>(1e30) == std::numeric_limits<int64_t>::max());
  CHECK(convert_value<int64_t>(-INFINITY) == std::numeric_limits<int64_t>::lowest());
  CHECK(convert_value<int32_t>(NAN) == 0);
  CHECK(convert_value<uint64_t>(9.3e18) == 9300000000000000000U);
  CHECK(convert_value<int8_t>(int32_t{0x181}) == -127);
  CHECK(convert_value<bool>(0.25F));
  CHECK_FALSE(convert_value<bool>(-0.0));
  CHECK(convert_value<float>(true) == 1.0F);
  CHECK(convert_value<int32_t>(Half(-7.75F)) == -7);
}

TEST_CASE("integer arithmetic wraps around and never traps") {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  CHECK(Add{}(kMax, 1) == kMin);
  CHECK(Sub{}(kMin, 1) == kMax);
  CHECK(Mul{}(uint16_t{65535}, uint16_t{65535}) == 1);
  CHECK(Mul{}(int64_t{1} << 62, int64_t{4}) == 0);
  CHECK(Div{}(kMin, -1) == kMin);
  CHECK(Div{}(-7, 2) == -3);
  CHECK(Neg{}(int8_t{-128}) == -128);
  CHECK(Abs{}(int8_t{-5}) == 5);
  CHECK_THROWS_AS(Div{}(1, 0), Error);
}

TEST_CASE("powers") {
  CHECK(Pow{}(int32_t{3}, int32_t{5}) == 243);
  CHECK(Pow{}(int64_t{-2}, int64_t{63}) == std::numeric_limits<int64_t>::min());
  CHECK(Pow{}(int32_t{7}, int32_t{0}) == 1);
  CHECK(Pow{}(int32_t{-1}, int32_t{-3}) == -1);
  CHECK(Pow{}(int32_t{-1}, int32_t{-4}) == 1);
  CHECK(Pow{}(int32_t{2}, int32_t{-1}) == 0);
  CHECK(Pow{}(1.5F, 2.0F) == 2.25F);
  CHECK(Pow{}(4.0, 0.5) == 2.0);
}

TEST_CASE("a NaN goes through minimum, maximum and clipping") {
  CHECK(std::isnan(Min{}(NAN, 1.0F)));
  CHECK(std::isnan(Min{}(1.0F, NAN)));
  CHECK(std::isnan(Max{}(NAN, 1.0F)));
  CHECK(std::isnan(Max{}(1.0F, NAN)));
  CHECK(std::isnan(Clip<float>{-1, 1}(NAN)));
  CHECK(Clip<int32_t>{5, 2}(3) == 2);
}

}  // namespace
}  // namespace qtool::reference
