#include "calib/readers/convert.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "error_of.h"

using namespace qtool;

namespace {

template <class From, class To>
void check_convert(const std::vector<From>& from, const std::vector<To>& to) {
  const Shape shape{static_cast<int64_t>(from.size())};
  REQUIRE(converts(dtype_of<From>, dtype_of<To>));
  CHECK(convert(Tensor::of<From>(shape, from), dtype_of<To>) == Tensor::of<To>(shape, to));
}

template <class From>
std::string error_of_convert(From value, DType to) {
  REQUIRE(converts(dtype_of<From>, to));
  return error_of([&] { convert(Tensor::scalar(value), to); });
}

Tensor halves(const std::vector<uint16_t>& bits) {
  const auto owner = std::make_shared<std::vector<uint16_t>>(bits);
  return Tensor::view(DType::kFloat16, {static_cast<int64_t>(bits.size())}, owner, owner->data());
}

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("integers convert to types that hold them") {
  check_convert<uint8_t, float>({0, 255}, {0, 255});
  check_convert<int8_t, float>({-128, 127}, {-128, 127});
  check_convert<uint16_t, float>({65535}, {65535});
  check_convert<bool, float>({false, true}, {0, 1});
  check_convert<int64_t, int32_t>({-2147483648ll, 2147483647}, {-2147483647 - 1, 2147483647});
  check_convert<int64_t, float>({16777216, -16777216}, {16777216, -16777216});
  check_convert<uint8_t, int64_t>({200}, {200});
  check_convert<bool, int8_t>({true}, {1});
}

TEST_CASE("an integer that does not fit is told") {
  CHECK(error_of_convert<int64_t>(2147483648ll, DType::kInt32) ==
        "2147483648 does not fit int32 exactly");
  CHECK(error_of_convert<int8_t>(-1, DType::kUInt8) == "-1 does not fit uint8 exactly");
  CHECK(error_of_convert<int32_t>(16777217, DType::kFloat32) ==
        "16777217 does not fit float32 exactly");
  CHECK(error_of_convert<uint64_t>(~uint64_t{0}, DType::kInt64) ==
        "18446744073709551615 does not fit int64 exactly");
}

TEST_CASE("floats widen exactly and float64 rounds to float32") {
  check_convert<float, double>({0.1f}, {static_cast<double>(0.1f)});
  check_convert<double, float>({0.1, 1.0 / 3}, {0.1f, 1.0f / 3});
}

TEST_CASE("float16 widens by the definition of binary16") {
  // Zero, smallest subnormal 2^-24, largest subnormal, smallest normal 2^-14, 1, -2, largest 65504.
  const Tensor widened = convert(
      halves({0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00}), DType::kFloat32);
  const float tiny = std::ldexp(1.0f, -24);
  CHECK(widened == Tensor::of<float>({8}, {0, tiny, 1023 * tiny, 1024 * tiny, 1, -2, 65504, kInf}));
  CHECK(std::signbit(convert(halves({0x8000}), DType::kFloat64).data<double>()[0]));
  CHECK(std::isnan(convert(halves({0x7e00}), DType::kFloat32).data<float>()[0]));
}

TEST_CASE("conversions that lose or guess are not offered") {
  CHECK_FALSE(converts(DType::kFloat32, DType::kInt64));
  CHECK_FALSE(converts(DType::kFloat32, DType::kFloat16));
  CHECK_FALSE(converts(DType::kUInt8, DType::kFloat16));
  CHECK_FALSE(converts(DType::kInt64, DType::kBool));
  CHECK_FALSE(converts(DType::kFloat32, DType::kBFloat16));
  CHECK(converts(DType::kFloat16, DType::kFloat16));
  CHECK(converts(DType::kBool, DType::kBool));
}

TEST_CASE("a tensor of the right type is not copied") {
  const Tensor tensor = Tensor::of<float>({1}, {1});
  CHECK(convert(tensor, DType::kFloat32).raw() == tensor.raw());
}

TEST_CASE("normalization works by channel on axis 1") {
  const Tensor tensor = Tensor::of<float>({2, 2, 2}, {0, 2, 4, 6, 8, 10, 12, 14});
  // (x / 2 - mean[c]) / std[c] with mean 1, 2 and std 1, 4
  CHECK(normalize(tensor, {0.5f, {1, 2}, {1, 4}}) ==
        Tensor::of<float>({2, 2, 2}, {-1, 0, 0, 0.25f, 3, 4, 1, 1.25f}));
  CHECK(normalize(tensor, {1, {2}, {2}}) ==
        Tensor::of<float>({2, 2, 2}, {-1, 0, 1, 2, 3, 4, 5, 6}));
  CHECK(normalize(Tensor::of<float>({2}, {1, 3}), {1, {1}, {2}}) == Tensor::of<float>({2}, {0, 1}));
}

TEST_CASE("normalization with another number of channels is refused") {
  const Tensor tensor(DType::kFloat32, {1, 2, 2});
  CHECK(error_of([&] {
          normalize(tensor, {1, {1, 2, 3}, {1}});
        }) == "normalization has 3 channels, the input 2");
  CHECK(error_of([&] {
          normalize(Tensor(DType::kFloat32, {3}), {1, {0}, {1, 2, 3}});
        }) == "normalization has 3 channels, the input 1");
}

TEST_CASE("values that are not finite are found in every float type") {
  for (const float bad : {kInf, -kInf, kNaN}) {
    CHECK_FALSE(all_finite(Tensor::of<float>({3}, {1, bad, 2})));
    CHECK_FALSE(all_finite(Tensor::of<double>({2}, {1, bad})));
  }
  CHECK_FALSE(all_finite(halves({0x3c00, 0xfc00})));
  CHECK(all_finite(halves({0x7bff})));
  CHECK(all_finite(Tensor::of<float>({2}, {3e38f, 0})));
  CHECK(all_finite(Tensor::of<int64_t>({1}, {-1})));
}

TEST_CASE("channels that lie last come first") {
  // Two images of 1 x 2 pixels with channels of tens, hundreds and thousands.
  CHECK(channels_first(Tensor::of<int16_t>({2, 1, 2, 3}, {10, 100, 1000, 11, 101, 1001,  //
                                                          12, 102, 1002, 13, 103, 1003})) ==
        Tensor::of<int16_t>({2, 3, 1, 2}, {10, 11, 100, 101, 1000, 1001,  //
                                           12, 13, 102, 103, 1002, 1003}));
  CHECK(channels_first(Tensor::of<uint8_t>({1, 2, 1, 2}, {1, 2, 3, 4})) ==
        Tensor::of<uint8_t>({1, 2, 2, 1}, {1, 3, 2, 4}));
  CHECK(channels_first(Tensor::of<float>({1, 2, 1, 2}, {1, 2, 3, 4})) ==
        Tensor::of<float>({1, 2, 2, 1}, {1, 3, 2, 4}));
  CHECK(channels_first(Tensor::of<double>({1, 2, 1, 2}, {1, 2, 3, 4})) ==
        Tensor::of<double>({1, 2, 2, 1}, {1, 3, 2, 4}));
}
