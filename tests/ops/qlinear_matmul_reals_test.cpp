#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"
#include "quantized_values.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

// QLinearMatMul on a [2, 3, 4] and b [2, 4, 5], with scales and zero points of the shapes given.
struct Product {
  Shape a_parameters, b_parameters;

  static int64_t index(const Shape& shape, int64_t batch, int64_t row, int64_t column) {
    if (shape.size() < 2) return shape.empty() || shape[0] == 1 ? 0 : row + column;
    return (shape[0] == 1 ? 0 : batch * shape[1] * shape[2]) + row + column;
  }

  void check(DType dtype) const {
    const Tensor a = random_bytes(dtype, {2, 3, 4}, 1);
    const Tensor b = random_bytes(dtype, {2, 4, 5}, 2);
    const Tensor a_scale = random_floats(a_parameters, 3);
    const Tensor b_scale = random_floats(b_parameters, 4);
    const Tensor a_zero = random_bytes(dtype, a_parameters, 5);
    const Tensor b_zero = random_bytes(dtype, b_parameters, 6);
    OpRun run("QLinearMatMul", 21);
    run.input(a).input(a_scale).input(a_zero).input(b).input(b_scale).input(b_zero);
    const Tensor y = run.input(Tensor::scalar(300.0F)).input(byte(dtype, 7)).result();
    REQUIRE(y.shape() == Shape{2, 3, 5});
    std::vector<double> steps;
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t i = 0; i < 3; ++i)
        for (int64_t j = 0; j < 5; ++j) {
          const int64_t left = index(a_parameters, n, i, 0);
          const int64_t right = index(b_parameters, n, 0, j);
          int64_t sum = 0;
          for (int64_t l = 0; l < 4; ++l)
            sum += (at(a, n * 12 + i * 4 + l) - at(a_zero, left)) *
                   (at(b, n * 20 + l * 5 + j) - at(b_zero, right));
          steps.push_back(static_cast<double>(sum) * a_scale.data<float>()[left] *
                          b_scale.data<float>()[right] / 300);
        }
    check_quantized(y, steps, 7);
  }
  static int64_t at(const Tensor& x, int64_t i) {
    return to_int64s(x)[static_cast<std::size_t>(i)];
  }
};

TEST_CASE("QLinearMatMul with scales for each row, column and matrix") {
  for (const DType dtype : {DType::kUInt8, DType::kInt8})
    for (const Product& product : {Product{{3}, {}},
                                   {{3}, {5}},
                                   {{1, 3, 1}, {1, 1, 5}},
                                   {{2, 3, 1}, {2, 1, 5}},
                                   {{}, {2, 1, 5}}}) {
      CAPTURE(name(dtype), to_string(product.a_parameters), to_string(product.b_parameters));
      product.check(dtype);
    }
}

TEST_CASE("QLinearMatMul of float8") {
  const auto small = [](Shape shape, std::vector<float> values) {
    return cast(floats(std::move(shape), std::move(values)), DType::kFloat8E4M3FN);
  };
  OpRun run("QLinearMatMul", 21);
  run.input(small({1, 2}, {1.5F, -2})).input(Tensor::scalar(2.0F)).input(small({}, {0}));
  run.input(small({2, 2}, {1, 2, 3, 400})).input(Tensor::scalar(0.5F)).input(small({}, {0}));
  run.input(Tensor::scalar(0.25F)).input(small({}, {0}));
  const Tensor y = run.result();
  CHECK(y.dtype() == DType::kFloat8E4M3FN);
  CHECK(cast(y, DType::kFloat32) == floats({1, 2}, {-18, -448}));
}

TEST_CASE("QLinearMatMul takes scales of 16 bits and refuses parameters that do not fit") {
  const auto product = [](const Tensor& b_scale, const Tensor& b_zero) {
    OpRun run("QLinearMatMul", 21);
    run.input(Tensor::of<uint8_t>({1, 2}, {10, 20}))
        .input(cast(floats({}, {0.5F}), DType::kFloat16));
    run.input(Tensor::scalar<uint8_t>(0)).input(Tensor::of<uint8_t>({2, 1}, {1, 2}));
    run.input(b_scale).input(b_zero).input(cast(floats({}, {5}), DType::kFloat16));
    return run.input(Tensor::scalar<uint8_t>(3));
  };
  const Tensor zero = Tensor::scalar<uint8_t>(0);
  CHECK(product(cast(floats({}, {2}), DType::kFloat16), zero).result() ==
        Tensor::of<uint8_t>({1, 1}, {13}));
  CHECK_THAT(product(Tensor::scalar<int32_t>(1), zero).error(), ContainsSubstring("scale of type"));
  CHECK_THAT(product(floats({3}, {1, 1, 1}), zero).error(), ContainsSubstring("do not fit"));
  CHECK_THAT(product(floats({}, {1}), Tensor::of<uint8_t>({4}, {1, 2, 3, 4})).error(),
             ContainsSubstring("zero point"));
}

}  // namespace
}  // namespace qtool
