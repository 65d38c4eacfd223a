#include "tensor/widen.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

using namespace qtool;

namespace {

Tensor of_bytes(DType dtype, int64_t size, const std::vector<uint8_t>& bytes) {
  Tensor tensor(dtype, {size});
  REQUIRE(tensor.bytes() == bytes.size());
  std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(tensor.mutable_raw()));
  return tensor;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

void check_floats(DType dtype, const std::vector<uint8_t>& bytes,
                  const std::vector<float>& expected) {
  CAPTURE(name(dtype));
  const auto size = static_cast<int64_t>(expected.size());
  const Tensor wide = widen(of_bytes(dtype, size, bytes));
  REQUIRE(wide.dtype() == DType::kFloat32);
  for (int64_t i = 0; i < size; ++i) {
    CAPTURE(i);
    const float got = wide.data<float>()[i], want = expected[static_cast<std::size_t>(i)];
    CHECK((std::isnan(want) ? std::isnan(got)
                            : got == want && std::signbit(got) == std::signbit(want)));
  }
}

}  // namespace

TEST_CASE("small floats are widened as ONNX's tables have them") {
  // Smallest, largest subnormal; smallest normal; 1; largest; what comes after; and negative ones.
  check_floats(DType::kFloat8E4M3FN, {0, 0x01, 0x07, 0x08, 0x38, 0x7E, 0x7F, 0x80, 0xC0, 0xFF},
               {0, 0x1p-9F, 0x7p-9F, 0x1p-6F, 1, 448, kNaN, -0.0F, -2, kNaN});
  check_floats(DType::kFloat8E4M3FNUZ, {0, 0x01, 0x07, 0x08, 0x40, 0x7F, 0x80, 0xC8},
               {0, 0x1p-10F, 0x7p-10F, 0x1p-7F, 1, 240, kNaN, -2});
  check_floats(DType::kFloat8E5M2, {0x01, 0x03, 0x04, 0x3C, 0x7B, 0x7C, 0x7D, 0x80, 0xFC},
               {0x1p-16F, 0x3p-16F, 0x1p-14F, 1, 57344, kInfinity, kNaN, -0.0F, -kInfinity});
  check_floats(DType::kFloat8E5M2FNUZ, {0x01, 0x03, 0x04, 0x40, 0x7F, 0x80, 0xFF},
               {0x1p-17F, 0x3p-17F, 0x1p-15F, 1, 57344, kNaN, -57344});
  check_floats(DType::kFloat8E8M0, {0, 127, 254, 255}, {0x1p-127F, 1, 0x1p127F, kNaN});
  check_floats(DType::kFloat4E2M1, {0x10, 0x32, 0x54, 0x76, 0x98, 0x0F},
               {0, 0.5F, 1, 1.5F, 2, 3, 4, 6, -0.0F, -0.5F, -6});
  check_floats(DType::kBFloat16, {0x80, 0x3F, 0x80, 0xFF}, {1, -kInfinity});
}

TEST_CASE("packed integers are widened, the first in the low bits") {
  CHECK(widen(of_bytes(DType::kInt4, 3, {0x81, 0xF7})) == Tensor::of<int8_t>({3}, {1, -8, 7}));
  CHECK(widen(of_bytes(DType::kUInt4, 3, {0x81, 0xF7})) == Tensor::of<uint8_t>({3}, {1, 8, 7}));
  CHECK(widen(of_bytes(DType::kInt2, 5, {0xE4, 0xFE})) ==
        Tensor::of<int8_t>({5}, {0, 1, -2, -1, -2}));
  CHECK(widen(of_bytes(DType::kUInt2, 5, {0xE4, 0xFE})) ==
        Tensor::of<uint8_t>({5}, {0, 1, 2, 3, 2}));
}

TEST_CASE("other types and empty tensors stay what they are") {
  const auto strings = Tensor::of<std::string>({1}, {"x"});
  CHECK(widen(strings) == strings);
  CHECK(widen(Tensor::scalar<float>(1)) == Tensor::scalar<float>(1));
  CHECK(widen(Tensor(DType::kUInt4, {0, 3})) == Tensor(DType::kUInt8, {0, 3}));
}
