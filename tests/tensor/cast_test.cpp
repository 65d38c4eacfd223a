#include "tensor/cast.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "error_of.h"

namespace qtool {
namespace {

using Strings = std::vector<std::string>;

template <class To, class From>
std::vector<To> cast_to(const std::vector<From>& values) {
  return cast(Tensor::of<From>({std::ssize(values)}, values), dtype_of<To>)
      .template to_vector<To>();
}

// The same through a type that C++ has not, as float32.
std::vector<float> through(DType dtype, const std::vector<float>& values) {
  const Tensor narrow = cast(Tensor::of<float>({std::ssize(values)}, values), dtype);
  return cast(narrow, DType::kFloat32).to_vector<float>();
}

TEST_CASE("integers of 64 bits are cast exactly") {
  constexpr int64_t kOdd = (int64_t{1} << 60) + 1;
  constexpr uint64_t kTop = std::numeric_limits<uint64_t>::max();
  CHECK(cast_to<uint64_t>(std::vector<int64_t>{kOdd, -1}) == std::vector<uint64_t>{kOdd, kTop});
  CHECK(cast_to<int64_t>(std::vector<uint64_t>{kOdd, kTop}) == std::vector<int64_t>{kOdd, -1});
  CHECK(cast_to<double>(std::vector<uint64_t>{kTop}) == std::vector{0x1p64});
  CHECK(cast_to<uint64_t>(std::vector{0x1.fp63}) == std::vector<uint64_t>{uint64_t{31} << 59});
  CHECK(cast_to<int8_t>(std::vector<int64_t>{200, 256}) == std::vector<int8_t>{-56, 0});
}

TEST_CASE("floating point loses its fraction and wraps around or saturates") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  using Limits = std::numeric_limits<int32_t>;
  CHECK(cast_to<int8_t>(std::vector{-1.9F, 200.0F, NAN}) == std::vector<int8_t>{-1, -56, 0});
  CHECK(cast_to<uint8_t>(std::vector{-1.0F, 300.0F}) == std::vector<uint8_t>{255, 44});
  CHECK(cast_to<int32_t>(std::vector{3e9, -kInf}) ==
        std::vector<int32_t>{Limits::max(), Limits::min()});
  CHECK(cast_to<uint64_t>(std::vector{-1.0, kInf}) ==
        std::vector<uint64_t>(2, std::numeric_limits<uint64_t>::max()));
  CHECK(cast(Tensor::of<float>({3}, {-0.0F, 0.25F, NAN}), DType::kBool) ==
        Tensor::of<bool>({3}, {false, true, true}));
}

TEST_CASE("double is rounded once to 16 bits") {
  // A little above the middle of two numbers: float32 would lose the little.
  const Tensor x = Tensor::of<double>({2}, {1 + 0x1p-11 + 0x1p-40, -1 - 0x1p-8 - 0x1p-40});
  CHECK(cast(cast(x, DType::kFloat16), DType::kFloat64).to_vector<double>()[0] == 1 + 0x1p-10);
  CHECK(cast(cast(x, DType::kBFloat16), DType::kFloat64).to_vector<double>()[1] == -1 - 0x1p-7);
  CHECK(cast(cast(Tensor::scalar(1e300), DType::kFloat16), DType::kFloat32) ==
        Tensor::scalar(std::numeric_limits<float>::infinity()));
}

TEST_CASE("elements below 8 bits are packed from the low bits on, and wrap around") {
  const Tensor x = Tensor::of<float>({5}, {-9, -1, 3, 7, 8});
  const Tensor four = cast(x, DType::kInt4);
  REQUIRE(four.bytes() == 3);
  const auto* bytes = static_cast<const uint8_t*>(four.raw());
  CHECK(std::vector<uint8_t>(bytes, bytes + 3) == std::vector<uint8_t>{0xF7, 0x73, 0x08});
  CHECK(through(DType::kInt4, {-9, -1, 3, 7, 8}) == std::vector<float>{7, -1, 3, 7, -8});
  CHECK(through(DType::kUInt4, {-1, 15, 16}) == std::vector<float>{15, 15, 0});
  CHECK(through(DType::kInt2, {-2, -1, 0, 1, 2}) == std::vector<float>{-2, -1, 0, 1, -2});
  CHECK(through(DType::kUInt2, {3, 2, 4, 5, 1}) == std::vector<float>{3, 2, 0, 1, 1});
  CHECK(through(DType::kFloat4E2M1, {0.7F, -5, 2.5F}) == std::vector<float>{0.5F, -4, 2});
  CHECK(cast(four, DType::kInt8) == Tensor::of<int8_t>({5}, {7, -1, 3, 7, -8}));
}

TEST_CASE("long tensors are cast as short ones are") {
  std::vector<float> values(1001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 13) - 6;
  for (const DType dtype : {DType::kInt4, DType::kFloat16, DType::kFloat8E5M2, DType::kInt64})
    CHECK(through(dtype, values) == values);
}

TEST_CASE("the attributes of Cast reach float8") {
  const Tensor x = Tensor::of<float>({2}, {1e6F, 1.5F});
  const Tensor e5m2 = cast(x, DType::kFloat8E5M2, {.saturate = false});
  CHECK(std::isinf(cast(e5m2, DType::kFloat32).data<float>()[0]));
  const Tensor e8m0 = cast(x, DType::kFloat8E8M0, {.rounding = ExponentRounding::kDown});
  CHECK(cast(e8m0, DType::kFloat32) == Tensor::of<float>({2}, {524288, 1}));
}

TEST_CASE("numbers become text as in Python") {
  CHECK(cast_to<std::string>(std::vector{0.1F, 1.0F, 1e-5F, 314.15926F, -NAN}) ==
        Strings{"0.1", "1.0", "1e-05", "314.15927", "nan"});
  CHECK(cast_to<std::string>(std::vector{0.1, 1e16, -0.0, double{INFINITY}}) ==
        Strings{"0.1", "1e+16", "-0.0", "inf"});
  CHECK(cast_to<std::string>(std::vector<int8_t>{-3, 100}) == Strings{"-3", "100"});
  CHECK(cast_to<std::string>(std::vector<uint64_t>{18446744073709551615U}) ==
        Strings{"18446744073709551615"});
  CHECK(cast_to<std::string>(std::vector<bool>{true, false}) == Strings{"True", "False"});
  const Tensor half = cast(Tensor::scalar(0.1F), DType::kFloat16);
  CHECK(cast(half, DType::kString) == Tensor::scalar<std::string>("0.1"));
}

TEST_CASE("text becomes numbers") {
  CHECK(cast_to<float>(Strings{" 5 ", "+INF", "-inf", "1E8"}) ==
        std::vector<float>{5, INFINITY, -INFINITY, 1e8F});
  CHECK(std::isnan(cast_to<double>(Strings{"NaN"})[0]));
  CHECK(cast_to<int64_t>(Strings{"9007199254740993", "100.5", "1e3", "+7"}) ==
        std::vector<int64_t>{9007199254740993, 100, 1000, 7});
  CHECK(cast_to<uint64_t>(Strings{"18446744073709551615"}) ==
        std::vector<uint64_t>{18446744073709551615U});
  CHECK(cast(Tensor::of<std::string>({3}, {"True", "0.0", "2"}), DType::kBool) ==
        Tensor::of<bool>({3}, {true, false, true}));
  for (const char* text : {"", "Hello World!", "1 2", "0x", "1e"})
    CHECK(error_of([&] { cast_to<float>(Strings{text}); }).find("is no number") !=
          std::string::npos);
}

TEST_CASE("complex numbers cannot be cast") {
  const Tensor complex(DType::kComplex64, {1});
  CHECK_THROWS_AS(cast(complex, DType::kFloat32), Error);
  CHECK_THROWS_AS(cast(Tensor::scalar(1.0F), DType::kComplex64), Error);
}

}  // namespace
}  // namespace qtool
