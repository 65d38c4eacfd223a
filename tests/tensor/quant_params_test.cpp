#include "tensor/quant_params.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "tensor/cast.h"

namespace qtool {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr DType kTypes[] = {DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16,
                            DType::kInt32};

// ONNX's QuantizeLinear for one number, in double after the division in float32.
int64_t quantize_by_definition(float x, float scale, int64_t zero_point, QuantRange range) {
  const float quotient = x / scale;
  if (std::isnan(quotient)) return zero_point;
  const double q = std::nearbyint(static_cast<double>(quotient)) + static_cast<double>(zero_point);
  return static_cast<int64_t>(std::clamp<double>(q, range.min, range.max));
}

// Numbers over all magnitudes, ties, and what is no number.
std::vector<float> probes(float scale) {
  std::vector<float> values = {0,      -0.0f,  kInf, -kInf, kNan, std::numeric_limits<float>::max(),
                               1e-45f, -1e-45f};
  for (int i = -300; i < 300; ++i) values.push_back(scale * (static_cast<float>(i) + 0.5f));
  std::mt19937 random(7);
  std::uniform_real_distribution<float> exponent(-30, 30);
  for (int i = 0; i < 5000; ++i)
    values.push_back((i % 2 == 0 ? scale : -scale) * std::exp2(exponent(random)));
  return values;
}

TEST_CASE("quantize follows QuantizeLinear over the whole range of float") {
  for (const DType dtype : kTypes)
    for (const float scale : {1.0f, 0.5f, 0.0123f, 3e-38f, 1e30f})
      for (const int32_t zero_point : {0, 3, 100}) {
        const auto values = probes(scale);
        const QuantParams params{.dtype = dtype, .scale = {scale}, .zero_point = {zero_point}};
        const Tensor result = quantize(Tensor::of<float>({std::ssize(values)}, values), params);
        REQUIRE(result.dtype() == dtype);
        const auto actual = to_int64s(result);
        for (std::size_t i = 0; i < values.size(); ++i) {
          CAPTURE(name(dtype), scale, zero_point, values[i]);
          REQUIRE(actual[i] ==
                  quantize_by_definition(values[i], scale, zero_point, quant_range(dtype)));
        }
      }
}

TEST_CASE("ties round to even") {
  const QuantParams params{.dtype = DType::kInt8, .scale = {2}, .zero_point = {1}};
  const Tensor values = Tensor::of<float>({6}, {1, 3, 5, -1, -3, -5});
  CHECK(quantize(values, params).to_vector<int8_t>() == std::vector<int8_t>{1, 3, 3, 1, -1, -1});
}

TEST_CASE("quantize and dequantize per axis") {
  const QuantParams params{
      .dtype = DType::kUInt8, .scale = {0.5f, 2, 0.25f}, .zero_point = {0, 128, 255}, .axis = 1};
  const Tensor values =
      Tensor::of<float>({2, 3, 2}, {1, 200, -4, 4, -1, 1, 0, 0.5f, 300, -300, 0, -70});
  const Tensor q = quantize(values, params);
  CHECK(q.to_vector<uint8_t>() ==
        std::vector<uint8_t>{2, 255, 126, 130, 251, 255, 0, 1, 255, 0, 255, 0});
  CHECK(dequantize(q, params).to_vector<float>() ==
        std::vector<float>{1, 127.5f, -4, 4, -1, 0, 0, 0.5f, 254, -256, 0, -63.75f});
}

TEST_CASE("quantize and dequantize in blocks along any axis") {
  const Shape shape = {2, 5, 3};
  std::vector<float> values(30);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7 % 23) - 11;
  for (int axis = 0; axis < 3; ++axis) {
    Shape blocks = shape;
    blocks[static_cast<std::size_t>(axis)] = (blocks[static_cast<std::size_t>(axis)] + 1) / 2;
    const auto count = static_cast<std::size_t>(element_count(blocks));
    QuantParams params{.dtype = DType::kInt8,
                       .scale = std::vector<float>(count),
                       .zero_point = std::vector<int32_t>(count),
                       .axis = axis,
                       .block = 2};
    for (std::size_t i = 0; i < count; ++i) {
      params.scale[i] = 0.25f * static_cast<float>(1 + i % 5);
      params.zero_point[i] = static_cast<int32_t>(i % 7) - 3;
    }
    const Tensor q = quantize(Tensor::of<float>(shape, values), params);
    const Tensor back = dequantize(q, params);
    for (std::size_t i = 0; i < 30; ++i) {
      std::size_t at[] = {i / 15, i / 3 % 5, i % 3};
      at[axis] /= 2;
      const auto c = (at[0] * static_cast<std::size_t>(blocks[1]) + at[1]) *
                         static_cast<std::size_t>(blocks[2]) +
                     at[2];
      const float scale = params.scale[c];
      const int64_t wanted =
          quantize_by_definition(values[i], scale, params.zero_point[c], {-128, 127});
      CHECK(q.data<int8_t>()[i] == wanted);
      CHECK(back.data<float>()[i] == static_cast<float>(wanted - params.zero_point[c]) * scale);
    }
    const Tensor scale = Tensor::of<float>(blocks, params.scale);
    const Tensor zero_point = cast(Tensor::of<int32_t>(blocks, params.zero_point), DType::kInt8);
    CHECK(params_from_tensors(scale, &zero_point, axis - 3, shape, 2) == params);
  }
}

TEST_CASE("types below 8 bits saturate at their own limits") {
  for (const DType dtype : {DType::kInt4, DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    const QuantRange range = quant_range(dtype);
    const QuantParams params{.dtype = dtype, .scale = {0.5f}, .zero_point = {1}};
    const auto values = probes(0.5f);
    const Tensor q = quantize(Tensor::of<float>({std::ssize(values)}, values), params);
    REQUIRE(q.dtype() == dtype);
    const auto actual = cast(q, DType::kInt64).to_vector<int64_t>();
    const auto back = dequantize(q, params).to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(name(dtype), values[i]);
      REQUIRE(actual[i] == quantize_by_definition(values[i], 0.5f, 1, range));
      REQUIRE(back[i] == static_cast<float>(actual[i] - 1) * 0.5f);
    }
  }
}

TEST_CASE("floating point of 8 bits is rounded, and saturates if told so") {
  const Tensor x = Tensor::of<float>({4}, {0.3f, -2, 1e6f, 5.5f});
  const QuantParams params{.dtype = DType::kFloat8E5M2, .scale = {2}, .zero_point = {0}};
  CHECK(dequantize(quantize(x, params), params) ==
        Tensor::of<float>({4}, {0.3125f, -2, 2 * 57344.0f, 6}));
  const auto open = dequantize(quantize(x, params, {.saturate = false}), params);
  CHECK(open.data<float>()[2] == kInf);
}

TEST_CASE("a quotient of 16 bits is rounded before it becomes an integer") {
  // At 2051 float16 has even numbers only.
  const Tensor x = Tensor::of<float>({2}, {4102, 2.5f});
  const QuantParams params{.dtype = DType::kInt16, .scale = {2}, .zero_point = {0}};
  CHECK(to_int64s(quantize(x, params)) == std::vector<int64_t>{2051, 1});
  CHECK(to_int64s(quantize(x, params, {.precision = DType::kFloat16})) ==
        std::vector<int64_t>{2052, 1});
}

TEST_CASE("dequantize follows DequantizeLinear for all values") {
  for (const DType dtype : {DType::kUInt8, DType::kInt8}) {
    const auto [min, max] = quant_range(dtype);
    const QuantParams params{.dtype = dtype, .scale = {0.3f}, .zero_point = {min + 77}};
    std::vector<float> wanted;
    for (int q = min; q <= max; ++q) wanted.push_back(static_cast<float>(q - min - 77) * 0.3f);
    const Tensor real = Tensor::of<float>({256}, wanted);
    const Tensor q = quantize(real, params);
    CHECK(to_int64s(q).front() == min);
    CHECK(to_int64s(q).back() == max);
    CHECK(dequantize(q, params) == real);
  }
  const Tensor bias = Tensor::of<int32_t>({2}, {-2147483647 - 1, 16777217});
  CHECK(dequantize(bias, {.dtype = DType::kInt32, .scale = {0.5f}, .zero_point = {0}})
            .to_vector<float>() == std::vector<float>{-1073741824.0f, 8388608.0f});
}

TEST_CASE("parameters chosen for a range contain 0 and reach its ends") {
  const std::pair<float, float> ranges[] = {{-1, 1},  {0, 6},      {-0.3f, 17},     {2, 5},
                                            {-9, -4}, {-1e-3f, 0}, {-1e37f, 1e36f}, {0, 1e-30f}};
  for (const DType dtype : {DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16})
    for (const bool symmetric : {false, true})
      for (const auto& [min, max] : ranges) {
        CAPTURE(name(dtype), symmetric, min, max);
        const QuantParams params = choose_params(min, max, dtype, symmetric);
        REQUIRE(params.per_tensor());
        const Tensor ends = Tensor::of<float>({3}, {min, 0, max});
        const auto back = dequantize(quantize(ends, params), params).to_vector<float>();
        CHECK(back[1] == 0);
        // Half a step, and another half for the rounding of the zero point.
        CHECK(std::abs(back[0] - min) <= params.scale[0] * 1.001f);
        CHECK(std::abs(back[2] - max) <= params.scale[0] * 1.001f);
        const auto [qmin, qmax] = quant_range(dtype);
        const double width = symmetric ? 2.0 * std::max({-min, max, 0.0f})
                                       : std::max(max, 0.0f) - double{std::min(min, 0.0f)};
        const double wanted = width / (qmax - qmin - (symmetric ? 1 : 0));
        CHECK(std::abs(params.scale[0] / wanted - 1) < 1e-6);
      }
}

TEST_CASE("symmetric parameters sit in the middle and never use the lowest value") {
  const QuantParams s8 = choose_params(-3, 2, DType::kInt8, true);
  CHECK(s8.zero_point == std::vector{0});
  CHECK(s8.scale[0] == 3.0f / 127);
  CHECK(to_int64s(quantize(Tensor::scalar(-3.0f), s8)) == std::vector<int64_t>{-127});
  CHECK(choose_params(-3, 2, DType::kUInt8, true).zero_point == std::vector{128});
  CHECK(choose_params(-3, 2, DType::kUInt16, true).zero_point == std::vector{32768});
}

TEST_CASE("degenerate ranges") {
  for (const bool symmetric : {false, true}) {
    CHECK(choose_params(0, 0, DType::kUInt8, symmetric).scale[0] == 1);
    CHECK(choose_params(0, 1e-44f, DType::kInt8, symmetric).scale[0] ==
          std::numeric_limits<float>::min());
    CHECK_THROWS_AS(choose_params(0, kInf, DType::kInt8, symmetric), Error);
    CHECK_THROWS_AS(choose_params(kNan, 1, DType::kInt8, symmetric), Error);
    CHECK_THROWS_AS(choose_params(-1, kNan, DType::kInt8, symmetric), Error);
    CHECK_THROWS_AS(choose_params(-1, 1, DType::kFloat16, symmetric), Error);
    CHECK_THROWS_AS(choose_params(-1, 1, DType::kInt32, symmetric), Error);
  }
  CHECK_THROWS_AS(choose_params(-3e38f, 3e38f, DType::kInt8, false), Error);
  CHECK(choose_params(-3e38f, 3e38f, DType::kInt8, true).scale[0] == 3e38f / 127);
}

TEST_CASE("a reduced range has one bit less") {
  const auto integers = [](DType dtype, bool symmetric, float x) {
    return to_int64s(quantize(Tensor::scalar(x), choose_params(-2, 6, dtype, symmetric, true)))[0];
  };
  CHECK(integers(DType::kInt8, false, -2) == -64);
  CHECK(integers(DType::kInt8, false, 6) == 63);
  CHECK(integers(DType::kInt8, true, 6) == 63);
  CHECK(integers(DType::kUInt8, false, -2) == 0);
  CHECK(integers(DType::kUInt8, false, 6) == 127);
  CHECK(integers(DType::kUInt8, true, 0) == 64);
  CHECK(integers(DType::kUInt8, true, 6) == 127);
  CHECK(choose_params(-1, 1, DType::kInt4, true, true).scale[0] == 1.0f / 3);
  CHECK_THROWS_AS(choose_params(-1, 1, DType::kInt2, true, true), Error);
  for (float low = 0; low < 3; low += 0.01f) {  // rounding of both ends adds one at most
    const QuantParams params = choose_params(-low, 1, DType::kUInt8, false, true);
    CHECK(to_int64s(quantize(Tensor::scalar(-low), params))[0] >= 0);
    CHECK(to_int64s(quantize(Tensor::scalar(1.0f), params))[0] <= 128);
  }
}

TEST_CASE("floating-point types put the largest magnitude at their largest number") {
  const std::pair<DType, float> types[] = {{DType::kFloat8E4M3FN, 448.0f},
                                           {DType::kFloat8E4M3FNUZ, 240.0f},
                                           {DType::kFloat8E5M2, 57344.0f},
                                           {DType::kFloat8E5M2FNUZ, 57344.0f},
                                           {DType::kFloat4E2M1, 6.0f}};
  for (const auto& [dtype, largest] : types) {
    CHECK(largest_number(dtype) == largest);
    for (const bool symmetric : {true, false}) {
      const QuantParams params = choose_params(-3, 2, dtype, symmetric);
      CHECK(params.scale[0] == 3 / largest);
      CHECK(params.zero_point[0] == 0);
      const QuantParams unit{.dtype = dtype, .scale = {1}, .zero_point = {0}};
      CHECK(dequantize(quantize(Tensor::scalar(-3.0f), params), unit).data<float>()[0] == -largest);
      // No finite number is larger.
      CHECK(dequantize(quantize(Tensor::scalar(2 * largest), unit), unit).data<float>()[0] ==
            largest);
    }
  }
  CHECK(!largest_number(DType::kInt8));
}

TEST_CASE("parameters in blocks have the shape of the tensor but for the axis") {
  const QuantParams params{.dtype = DType::kUInt4,
                           .scale = {1, 2, 3, 4, 5, 6},
                           .zero_point = {1, 2, 3, 4, 5, 15},
                           .axis = 0,
                           .block = 2};
  CHECK(scale_tensor(params, {3, 3}) == Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Tensor zero_point = zero_point_tensor(params, {3, 3});
  CHECK(zero_point.dtype() == DType::kUInt4);
  CHECK(zero_point.shape() == Shape{2, 3});
  CHECK(zero_point.bytes() == 3);
  CHECK(cast(zero_point, DType::kInt32).to_vector<int32_t>() == params.zero_point);
  CHECK(params_from_tensors(scale_tensor(params, {4, 3}), &zero_point, 0, {4, 3}, 2) == params);
  CHECK_THROWS_AS(scale_tensor(params, {5, 3}), Error);
  CHECK_THROWS_AS(zero_point_tensor(params, {}), Error);
}

TEST_CASE("parameters survive as tensors") {
  for (const DType dtype : kTypes) {
    const QuantParams axis{.dtype = dtype, .scale = {1, 2}, .zero_point = {3, 4}, .axis = 1};
    const Tensor zero_point = zero_point_tensor(axis);
    CHECK(zero_point.dtype() == dtype);
    CHECK(params_from_tensors(scale_tensor(axis), &zero_point, -1, {3, 2}) == axis);
    const QuantParams whole{.dtype = dtype, .scale = {1}, .zero_point = {7}};
    const Tensor scalar = zero_point_tensor(whole);
    CHECK(scalar.rank() == 0);
    CHECK(params_from_tensors(scale_tensor(whole), &scalar, 1, {2, 3}) == whole);
  }
  const QuantParams bare = params_from_tensors(Tensor::of<float>({1}, {3}), nullptr, 1, {4});
  CHECK(bare == QuantParams{.dtype = DType::kUInt8, .scale = {3}, .zero_point = {0}});
}

TEST_CASE("parameters that do not fit are refused") {
  const Tensor values = Tensor::of<float>({2, 3}, std::vector<float>(6, 1.0f));
  CHECK_THROWS_AS(quantize(values, {.scale = {1, 2}, .zero_point = {0, 0}, .axis = 1}), Error);
  CHECK_THROWS_AS(quantize(values, {.scale = {1, 2}, .zero_point = {0, 0}}), Error);
  CHECK_THROWS_AS(quantize(values, {.scale = {1, 2}, .zero_point = {0}, .axis = 0}), Error);
  const QuantParams block{.scale = {1}, .zero_point = {0}, .axis = 0, .block = 2};
  CHECK_THROWS_AS(quantize(values, block), Error);
  CHECK_THROWS_AS(scale_tensor(block), Error);
  const Tensor scale = Tensor::of<float>({2}, {1, 2});
  const Tensor zero_point = Tensor::of<uint8_t>({3}, {1, 2, 3});
  CHECK_THROWS_AS(params_from_tensors(scale, &zero_point, 0, {2, 2}), Error);
  CHECK_THROWS_AS(params_from_tensors(values, nullptr, 0, {2, 2}), Error);
  CHECK_THROWS_AS(params_from_tensors(values, nullptr, 0, {2, 3}, 2), Error);
  CHECK_THROWS_AS(params_from_tensors(values, nullptr, 0, {2, 3}, -1), Error);
  CHECK_THROWS_AS(params_from_tensors(values, nullptr, 2, {2, 3}, 1), Error);
  const Tensor half = cast(Tensor::of<float>({2}, {0, 0.5f}), DType::kFloat4E2M1);
  CHECK_THROWS_AS(params_from_tensors(scale, &half, 0, {2}), Error);
}

}  // namespace
}  // namespace qtool
