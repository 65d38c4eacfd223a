#include "base/small_float.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace qtool {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// What ONNX's tables say of a type.
struct Row {
  SmallFloat type;
  int codes;
  float largest, smallest_normal, smallest;
  uint8_t nan, negative_zero, overflow;  // of what does not saturate
};
const Row kRows[] = {
    {kFloat8E4M3FN, 256, 448, 0x1p-6F, 0x1p-9F, 0x7F, 0x80, 0x7F},
    {kFloat8E4M3FNUZ, 256, 240, 0x1p-7F, 0x1p-10F, 0x80, 0x00, 0x80},
    {kFloat8E5M2, 256, 57344, 0x1p-14F, 0x1p-16F, 0x7F, 0x80, 0x7C},
    {kFloat8E5M2FNUZ, 256, 57344, 0x1p-15F, 0x1p-17F, 0x80, 0x00, 0x80},
    {kFloat4E2M1, 16, 6, 1, 0.5F, 0x08, 0x08, 0x07},
};

TEST_CASE("small floats have the range that ONNX's tables give") {
  for (const Row& row : kRows) {
    float largest = 0, smallest = kInf;
    for (int code = 0; code < row.codes; ++code) {
      const float value = decode(row.type, static_cast<uint8_t>(code));
      if (!std::isfinite(value)) continue;
      largest = std::max(largest, value);
      if (value > 0) smallest = std::min(smallest, value);
      CHECK(encode(row.type, value) == code);
    }
    CHECK(largest == row.largest);
    CHECK(smallest == row.smallest);
    const auto normal = static_cast<uint8_t>(1 << row.type.mantissa_bits);
    CHECK(decode(row.type, normal) == row.smallest_normal);
  }
}

// The finite number nearest to x; of two as near, the one whose last bit is 0.
uint8_t nearest(const Row& row, float x) {
  int best = 0;
  double least = kInf;
  for (int code = 0; code < row.codes; ++code) {
    const double value = decode(row.type, static_cast<uint8_t>(code));
    const double distance = std::abs(value - x);
    if (!std::isfinite(value) || std::signbit(value) != std::signbit(x)) continue;
    if (distance < least || (distance == least && code % 2 == 0)) best = code;
    least = std::min(least, distance);
  }
  return static_cast<uint8_t>(best);
}

TEST_CASE("small floats round to the nearest number, ties to even") {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> exponent(-20, 18);
  for (const Row& row : kRows) {
    std::vector<float> probes;
    for (int i = 0; i < 3000; ++i) probes.push_back(std::exp2(exponent(random)));
    for (int code = 0; code + 1 < row.codes; ++code) {
      const float a = decode(row.type, static_cast<uint8_t>(code));
      const float b = decode(row.type, static_cast<uint8_t>(code + 1));
      if (std::isfinite(a) && std::isfinite(b)) probes.push_back((a + b) / 2);
    }
    int wrong = 0;
    for (const float x : probes)
      for (const float signed_x : {x, -x}) {
        const uint8_t code = encode(row.type, signed_x);
        const bool flushed = row.type.specials == SmallFloat::Specials::kUnsignedNan &&
                             nearest(row, std::fabs(signed_x)) == 0;
        wrong += code != (flushed ? 0 : nearest(row, signed_x));
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("small floats treat what they cannot hold as ONNX's tables say") {
  for (const Row& row : kRows) {
    CHECK(encode(row.type, kNan) == row.nan);
    CHECK(encode(row.type, -0.0F) == row.negative_zero);
    CHECK(decode(row.type, encode(row.type, kInf)) == row.largest);
    CHECK(decode(row.type, encode(row.type, -1e30F)) == -row.largest);
    CHECK(encode(row.type, kInf, false) == row.overflow);
    CHECK(encode(row.type, 1e30F, false) == row.overflow);
    if (row.type.specials != SmallFloat::Specials::kNone)
      CHECK(std::isnan(decode(row.type, row.nan)));
  }
  CHECK(encode(kFloat8E5M2, -kInf, false) == 0xFC);
  CHECK(encode(kFloat8E4M3FN, -kNan) == 0xFF);
  // Rounded first: 464 is the middle between 448 and the next step.
  CHECK(encode(kFloat8E4M3FN, 464, false) == 0x7E);
  CHECK(encode(kFloat8E4M3FN, 465, false) == 0x7F);
}

TEST_CASE("float8e8m0 holds powers of two") {
  for (int code = 0; code < 255; ++code) {
    const float value = decode_e8m0(static_cast<uint8_t>(code));
    CHECK(value == std::exp2(static_cast<float>(code - 127)));
    for (const auto rounding :
         {ExponentRounding::kUp, ExponentRounding::kDown, ExponentRounding::kNearest})
      CHECK(encode_e8m0(value, true, rounding) == code);
  }
  CHECK(std::isnan(decode_e8m0(255)));
}

TEST_CASE("float8e8m0 rounds in three ways and saturates") {
  using enum ExponentRounding;
  CHECK(encode_e8m0(1.01F, true, kUp) == 128);
  CHECK(encode_e8m0(1.99F, true, kDown) == 127);
  CHECK(encode_e8m0(1.49F, true, kNearest) == 127);
  CHECK(encode_e8m0(1.5F, true, kNearest) == 128);
  for (const float x : {0.0F, 0x1p-149F, 0x1p-128F}) {
    CHECK(encode_e8m0(x) == 0);
    CHECK(encode_e8m0(x, false, kNearest) == 255);
  }
  for (const float x : {kInf, std::numeric_limits<float>::max()}) {
    CHECK(encode_e8m0(x) == 254);
    CHECK(encode_e8m0(x, false, kNearest) == 255);
  }
  CHECK(encode_e8m0(kNan) == 255);
  CHECK(encode_e8m0(-1) == 255);
}

}  // namespace
}  // namespace qtool
