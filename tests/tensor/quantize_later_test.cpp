#include "tensor/quantize_later.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>

using namespace qtool;

namespace {

Tensor random_weight(const Shape& shape) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> number(-3, 3);
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (float& value : values) value = number(random);
  return Tensor::of(shape, values);
}

QuantParams params_of(const Shape& shape, int axis, int64_t block, DType dtype) {
  QuantParams params{.dtype = dtype, .scale = {}, .zero_point = {}, .axis = axis, .block = block};
  int64_t count = 1;
  for (std::size_t i = 0; i < shape.size() && axis >= 0; ++i) {
    const bool is_axis = static_cast<int>(i) == axis;
    if (block > 0) count *= is_axis ? (shape[i] + block - 1) / block : shape[i];
    if (block == 0 && is_axis) count = shape[i];
  }
  for (int64_t c = 0; c < count; ++c) {
    params.scale.push_back(0.01F * static_cast<float>(c % 7 + 1));
    params.zero_point.push_back(quant_range(dtype).min < 0 ? static_cast<int32_t>(c % 3) - 1
                                                           : static_cast<int32_t>(c % 3));
  }
  return params;
}

TEST_CASE("what is quantized later, whole or in any parts, is what is quantized now") {
  const Shape shape = GENERATE(Shape{5, 7, 11}, Shape{300, 517}, Shape{1, 1}, Shape{0, 3});
  const int axis = GENERATE(-1, 0, 1);
  const int64_t block = GENERATE(0, 4);
  const DType dtype = GENERATE(DType::kInt8, DType::kUInt8, DType::kInt16, DType::kUInt16);
  const Tensor weight = random_weight(shape);
  const QuantParams params = params_of(shape, axis, axis < 0 ? 0 : block, dtype);
  const Tensor expected = quantize(weight, params);
  const Tensor later = quantize_later(weight, params);
  CHECK(later.loaded() == expected);

  const auto width = static_cast<int64_t>(bits(dtype) / 8);
  std::string joined(expected.bytes(), '\0');
  const int64_t step = GENERATE(3, 1000);
  for (int64_t first = 0; first < later.size(); first += step)
    later.copy_to(first, std::min(step, later.size() - first), joined.data() + first * width);
  CHECK(joined == std::string(static_cast<const char*>(expected.raw()), expected.bytes()));
  CHECK(later == expected);
}

TEST_CASE("other types are quantized at once") {
  const Tensor weight = random_weight({4, 6});
  for (const DType dtype : {DType::kInt4, DType::kFloat8E4M3FN}) {
    const QuantParams params{.dtype = dtype, .scale = {0.5F}, .zero_point = {0}};
    CHECK(quantize_later(weight, params) == quantize(weight, params));
  }
}

}  // namespace
