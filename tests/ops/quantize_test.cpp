#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "op_run.h"
#include "quantized_values.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("QuantizeLinear and DequantizeLinear are the same in both domains") {
  for (const char* domain : {"", "com.microsoft"}) {
    OpRun quantize("QuantizeLinear", 13, domain);
    quantize.input(floats({5}, {-1, 0.5f, 1.5f, 300, 2}));
    quantize.constant(Tensor::scalar(1.0f)).constant(Tensor::scalar<uint8_t>(3));
    const Tensor q = quantize.result();
    CHECK(q == Tensor::of<uint8_t>({5}, {2, 3, 5, 255, 5}));
    OpRun dequantize("DequantizeLinear", 13, domain);
    dequantize.input(q).constant(Tensor::scalar(0.5f)).constant(Tensor::scalar<uint8_t>(3));
    CHECK(dequantize.result() == floats({5}, {-0.5f, 0, 1, 126, 1}));
  }
}

TEST_CASE(
    "QuantizeLinear takes its type from the zero point, or else from output_dtype, or uint8") {
  const Tensor x = floats({2}, {-3, 7});
  OpRun plain("QuantizeLinear", 21);
  CHECK(plain.input(x).input(Tensor::scalar(1.0f)).result() == Tensor::of<uint8_t>({2}, {0, 7}));
  OpRun stated("QuantizeLinear", 21);
  stated.attribute("output_dtype", int64_t{5});
  CHECK(stated.input(x).input(Tensor::scalar(1.0f)).result() == Tensor::of<int16_t>({2}, {-3, 7}));
  OpRun given("QuantizeLinear", 21);
  given.input(x).input(Tensor::scalar(1.0f)).input(Tensor::scalar<int8_t>(-1));
  CHECK(given.result() == Tensor::of<int8_t>({2}, {-4, 6}));
}

TEST_CASE("the axis is 1 by default and may be counted from the back") {
  const Tensor x = floats({1, 2, 2}, {1, 2, 1, 2});
  const Tensor scale = floats({2}, {1, 0.5f});
  OpRun second("QuantizeLinear");
  CHECK(second.input(x).input(scale).result() == Tensor::of<uint8_t>({1, 2, 2}, {1, 2, 2, 4}));
  OpRun last("QuantizeLinear");
  last.attribute("axis", int64_t{-1});
  CHECK(last.input(x).input(scale).result() == Tensor::of<uint8_t>({1, 2, 2}, {1, 4, 1, 4}));
}

TEST_CASE("DequantizeLinear of a bias in int32, with an axis") {
  OpRun run("DequantizeLinear");
  run.attribute("axis", int64_t{0}).input(Tensor::of<int32_t>({2}, {100000, -7}));
  CHECK(run.input(floats({2}, {0.001f, 2})).result() == floats({2}, {100000 * 0.001f, -14}));
}

TEST_CASE("DynamicQuantizeLinear covers the range of its input and 0") {
  struct Row {
    std::vector<float> x;
    float min, max;
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> many(41);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>((i * 17) % 41) - 25;
  for (const Row& row : std::vector<Row>{{{0, 2, -3, -2.5f, 1.34f, 0.5f}, -3, 2},
                                         {{1, 5, 2}, 0, 5},
                                         {{-1, -5}, -5, 0},
                                         {{1, kNan, -2}, -2, 1},
                                         {many, -25, 15}}) {
    OpRun run("DynamicQuantizeLinear");
    run.input(floats({std::ssize(row.x)}, row.x));
    const auto outputs = run.run(Provider::kReference, 3);
    const float scale = (row.max - row.min) / 255;
    const auto zero_point = static_cast<int>(quantized(-row.min / scale, 0, DType::kUInt8));
    CHECK(outputs[1] == Tensor::scalar(scale));
    CHECK(outputs[2] == byte(DType::kUInt8, zero_point));
    for (std::size_t i = 0; i < row.x.size(); ++i)
      CHECK(to_int64s(outputs[0])[i] ==
            (std::isnan(row.x[i]) ? zero_point
                                  : quantized(row.x[i] / scale, zero_point, DType::kUInt8)));
  }
}

TEST_CASE("scales of 16 bits and exponents alone") {
  const Tensor x = floats({3}, {-3, 0.75f, 7});
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat8E8M0}) {
    const Tensor scale = cast(Tensor::scalar(0.5f), dtype);
    OpRun quantize("QuantizeLinear", 23);
    const Tensor q = quantize.input(x).input(scale).input(Tensor::scalar<int8_t>(1)).result();
    CHECK(q == Tensor::of<int8_t>({3}, {-5, 3, 15}));
    OpRun dequantize("DequantizeLinear", 23);
    dequantize.input(q).input(scale).input(Tensor::scalar<int8_t>(1));
    if (dtype == DType::kFloat8E8M0) {
      CHECK_THAT(dequantize.error(), ContainsSubstring("output type float8e8m0"));
      dequantize.attribute("output_dtype", int64_t{10});
    }
    const Tensor y = dequantize.result();
    CHECK(y.dtype() == (dtype == DType::kFloat8E8M0 ? DType::kFloat16 : dtype));
    CHECK(cast(y, DType::kFloat32) == floats({3}, {-3, 1, 7}));
  }
}

TEST_CASE("the precision of the division is the scale's or the attribute's") {
  const Tensor x = floats({1}, {4102});
  const auto quantized_by = [&](DType scale, int64_t precision) {
    OpRun run("QuantizeLinear", 23);
    run.attribute("precision", precision).attribute("output_dtype", int64_t{5});
    return run.input(x).input(cast(Tensor::scalar(2.0f), scale)).result();
  };
  CHECK(quantized_by(DType::kFloat32, 0) == Tensor::of<int16_t>({1}, {2051}));
  CHECK(quantized_by(DType::kFloat16, 0) == Tensor::of<int16_t>({1}, {2052}));
  CHECK(quantized_by(DType::kFloat16, 1) == Tensor::of<int16_t>({1}, {2051}));
  CHECK(quantized_by(DType::kFloat32, 10) == Tensor::of<int16_t>({1}, {2052}));
  CHECK_THAT(OpRun("QuantizeLinear", 23)
                 .attribute("precision", int64_t{7})
                 .input(x)
                 .input(Tensor::scalar(1.0f))
                 .error(),
             ContainsSubstring("precision int64 is not supported"));
}

TEST_CASE("integers are quantized too, by scales that may be 0") {
  OpRun run("QuantizeLinear", 23);
  run.input(Tensor::of<int32_t>({2}, {7, -400})).input(Tensor::scalar<int32_t>(2));
  CHECK(run.input(Tensor::scalar<int8_t>(0)).result() == Tensor::of<int8_t>({2}, {4, -128}));
  OpRun zero("QuantizeLinear", 13);
  zero.input(floats({3}, {-1, 0, 1})).input(Tensor::scalar(0.0f));
  CHECK(zero.input(Tensor::scalar<int8_t>(3)).result() == Tensor::of<int8_t>({3}, {-128, 3, 127}));
}

TEST_CASE("quantization refuses what it cannot do") {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4});
  OpRun blocks("QuantizeLinear", 21);
  blocks.attribute("block_size", int64_t{2}).input(x).input(x);
  CHECK_THAT(blocks.error(), ContainsSubstring("in blocks of 2 along axis 1"));
  OpRun no_blocks("QuantizeLinear", 21);
  CHECK_THAT(no_blocks.input(x).input(x).error(), ContainsSubstring("needs a block_size"));
  OpRun stated("QuantizeLinear", 21);
  stated.attribute("output_dtype", int64_t{3}).input(x).input(Tensor::scalar(1.0f));
  CHECK_THAT(stated.input(Tensor::scalar<uint8_t>(0)).error(), ContainsSubstring("output_dtype"));
  OpRun to_float("QuantizeLinear", 21);
  to_float.attribute("output_dtype", int64_t{1}).input(x).input(Tensor::scalar(1.0f));
  CHECK_THAT(to_float.error(), ContainsSubstring("quantizing to float32"));
  OpRun scales("QuantizeLinear");
  scales.input(x).input(floats({3}, {1, 2, 3}));
  CHECK_THAT(scales.error(), ContainsSubstring("3 scales do not fit axis 1 of shape [2, 2]"));
  OpRun types("DequantizeLinear");
  types.input(byte(DType::kInt8, 3)).input(Tensor::scalar(1.0f)).input(byte(DType::kUInt8, 3));
  CHECK_THAT(types.error(), ContainsSubstring("uint8"));
}

}  // namespace
}  // namespace qtool
