#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <numeric>

#include "op_run.h"
#include "quantized_values.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
constexpr DType kU8 = DType::kUInt8;
constexpr DType kS8 = DType::kInt8;
constexpr char kDomain[] = "com.microsoft";

// (q − zero_point) · scale in double.
double real(int64_t q, int zero_point, float scale) {
  return static_cast<double>(q - zero_point) * static_cast<double>(scale);
}

TEST_CASE("QLinearAdd and QLinearMul with every way of broadcasting") {
  struct Row {
    Shape a, b, y;
  };
  for (const Row& row : std::vector<Row>{{{2, 3, 17}, {2, 3, 17}, {2, 3, 17}},
                                         {{2, 3, 17}, {}, {2, 3, 17}},
                                         {{1}, {2, 3, 17}, {2, 3, 17}},
                                         {{2, 3, 17}, {3, 1}, {2, 3, 17}},
                                         {{17}, {2, 3, 1}, {2, 3, 17}},
                                         {{2, 1, 17}, {1, 3, 1}, {2, 3, 17}}})
    for (const DType dtype : {kU8, kS8})
      for (const bool add : {true, false}) {
        CAPTURE(to_string(row.a), to_string(row.b), name(dtype), add);
        const Tensor a = random_bytes(dtype, row.a, 1);
        const Tensor b = random_bytes(dtype, row.b, 2);
        const float c_scale = add ? 0.31f : 0.77f;
        OpRun run(add ? "QLinearAdd" : "QLinearMul", 17, kDomain);
        run.input(a).constant(Tensor::scalar(0.1f)).constant(byte(dtype, 9));
        run.input(b).constant(Tensor::scalar(0.23f)).constant(byte(dtype, 100));
        run.constant(Tensor::scalar(c_scale)).constant(byte(dtype, 64));
        const Tensor c = run.result();
        REQUIRE(c.shape() == row.y);
        const auto at = [](const Tensor& t, int64_t i, int64_t j, int64_t k) {
          Shape shape = t.shape();
          shape.insert(shape.begin(), 3 - shape.size(), 1);
          const auto pick = [&](std::size_t axis, int64_t index) {
            return shape[axis] == 1 ? 0 : index;
          };
          return to_int64s(t)[static_cast<std::size_t>(
              (pick(0, i) * shape[1] + pick(1, j)) * shape[2] + pick(2, k))];
        };
        std::vector<double> steps;
        for (int64_t i = 0; i < 2; ++i)
          for (int64_t j = 0; j < 3; ++j)
            for (int64_t k = 0; k < 17; ++k) {
              const double x = real(at(a, i, j, k), 9, 0.1f);
              const double y = real(at(b, i, j, k), 100, 0.23f);
              steps.push_back((add ? x + y : x * y) / static_cast<double>(c_scale));
            }
        check_quantized(c, steps, 64);
      }
}

TEST_CASE("zero points that are left out are 0") {
  OpRun run("QLinearAdd", 17, kDomain);
  run.input(Tensor::of<int8_t>({2}, {3, -128})).constant(Tensor::scalar(1.0f)).left_out();
  run.input(Tensor::of<int8_t>({2}, {4, -100})).constant(Tensor::scalar(2.0f)).left_out();
  CHECK(run.constant(Tensor::scalar(1.0f)).result() == Tensor::of<int8_t>({2}, {11, -128}));
}

TEST_CASE("functions of one input, for all 256 values") {
  struct Row {
    const char* op_type;
    double (*function)(double);
  };
  const Row rows[] = {{"QLinearSigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
                      {"QLinearLeakyRelu", [](double x) { return x < 0 ? 0.25 * x : x; }}};
  for (const Row& row : rows)
    for (const DType dtype : {kU8, kS8}) {
      CAPTURE(row.op_type, name(dtype));
      const auto [min, max] = quant_range(dtype);
      Tensor x(dtype, {2, 128});
      std::iota(static_cast<uint8_t*>(x.mutable_raw()),
                static_cast<uint8_t*>(x.mutable_raw()) + 256, uint8_t{0});
      OpRun run(row.op_type, 17, kDomain);
      if (row.op_type == std::string("QLinearLeakyRelu")) run.attribute("alpha", 0.25f);
      run.input(x).constant(Tensor::scalar(0.05f)).constant(byte(dtype, min + 131));
      run.constant(Tensor::scalar(0.0313f)).constant(byte(dtype, min + 40));
      std::vector<double> steps;
      for (const int64_t q : to_int64s(x))
        steps.push_back(row.function(real(q, min + 131, 0.05f)) / static_cast<double>(0.0313f));
      const Tensor y = run.result();
      CHECK(y.shape() == x.shape());
      check_quantized(y, steps, min + 40);
    }
}

TEST_CASE("QLinearConcat brings its inputs to one scale") {
  const Tensor a = random_bytes(kU8, {2, 2, 3}, 1);
  const Tensor b = random_bytes(kU8, {2, 1, 3}, 2);
  const auto concat = [&](int64_t axis, const Tensor& second) {
    OpRun run("QLinearConcat", 17, kDomain);
    run.attribute("axis", axis).constant(Tensor::scalar(0.5f)).constant(byte(kU8, 10));
    run.input(a).constant(Tensor::scalar(0.5f)).constant(byte(kU8, 10));
    run.input(second).constant(Tensor::scalar(0.3f)).constant(byte(kU8, 200));
    return run;
  };
  const Tensor y = concat(-2, b).result();
  REQUIRE(y.shape() == Shape{2, 3, 3});
  std::vector<double> steps;
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t i = 0; i < 6; ++i) steps.push_back(a.data<uint8_t>()[n * 6 + i] - 10);
    for (int64_t i = 0; i < 3; ++i)
      steps.push_back(real(b.data<uint8_t>()[n * 3 + i], 200, 0.3f) / 0.5);
  }
  check_quantized(y, steps, 10);
  CHECK_THAT(concat(0, b).error(), ContainsSubstring("cannot be concatenated along axis 0"));
  CHECK_THAT(concat(1, a.reshaped({4, 3})).error(), ContainsSubstring("[4, 3]"));
}

}  // namespace
}  // namespace qtool
