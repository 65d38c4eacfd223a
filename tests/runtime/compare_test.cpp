#include "conformance/compare.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

using namespace qtool;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
bool same(const std::vector<T>& got, const std::vector<T>& expected) {
  const Shape shape = {static_cast<int64_t>(got.size())};
  return difference(Tensor::of<T>(shape, got), Tensor::of<T>(shape, expected)).empty();
}

}  // namespace

TEST_CASE("conformance: floats may differ by a thousandth, NaN and infinities not") {
  CHECK(same<float>({1000, 0, kNaN, -kInfinity}, {1000.9F, 9e-8F, kNaN, -kInfinity}));
  CHECK_FALSE(same<float>({1, 1000}, {1, 1001.1F}));
  CHECK_FALSE(same<float>({0}, {2e-7F}));
  CHECK_FALSE(same<float>({kInfinity}, {-kInfinity}));
  CHECK_FALSE(same<float>({kInfinity}, {3e38F}));
  CHECK_FALSE(same<float>({3e38F}, {kInfinity}));
  CHECK_FALSE(same<float>({kNaN}, {0}));
  CHECK_FALSE(same<float>({0}, {kNaN}));
  CHECK(same<double>({1e-9}, {2e-9}));
  CHECK_FALSE(same<double>({1}, {1.0011}));
  CHECK(same<Half>({Half(1)}, {from_bits<Half>(0x3C01)}));
  CHECK_FALSE(same<Half>({Half(1)}, {from_bits<Half>(0x3C02)}));
  CHECK(same<BFloat16>({BFloat16(1)}, {from_bits<BFloat16>(0x3F82)}));
  CHECK_FALSE(same<BFloat16>({BFloat16(1)}, {from_bits<BFloat16>(0x3F83)}));
}

TEST_CASE("conformance: all else must be the same") {
  CHECK_FALSE(same<int64_t>({10000}, {10001}));
  CHECK_FALSE(same<std::string>({"a"}, {"b"}));
  CHECK_FALSE(difference(Tensor::scalar(1.0F), Tensor::scalar(1.0)).empty());
  CHECK_FALSE(difference(Tensor::scalar(1.0F), Tensor::of<float>({1}, {1})).empty());
  // Two bits behind three int2 of one byte mean nothing.
  Tensor a(DType::kInt2, {3}), b(DType::kInt2, {3}), c(DType::kInt2, {3});
  *static_cast<uint8_t*>(a.mutable_raw()) = 0b00'100100;
  *static_cast<uint8_t*>(b.mutable_raw()) = 0b11'100100;
  *static_cast<uint8_t*>(c.mutable_raw()) = 0b00'110100;
  CHECK(difference(a, b).empty());
  CHECK_FALSE(difference(a, c).empty());
}

TEST_CASE("conformance: sequences are compared tensor by tensor") {
  const Tensor one = Tensor::scalar(1.0F), two = Tensor::scalar(2.0F);
  CHECK(difference(Sequence{one, two}, Sequence{one, two}).empty());
  CHECK_FALSE(difference(Sequence{one, two}, Sequence{one, one}).empty());
  CHECK_FALSE(difference(Sequence{one}, Sequence{one, one}).empty());
  CHECK_FALSE(difference(Sequence{one}, one).empty());
  CHECK_FALSE(difference(Datum(), one).empty());
  CHECK(difference(Datum(), Datum()).empty());
}
