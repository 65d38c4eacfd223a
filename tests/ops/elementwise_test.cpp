#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <functional>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("functions of one number") {
  struct Row {
    const char* op_type;
    std::function<double(double)> definition;
  };
  const std::vector<Row> rows = {
      {"Relu", [](double x) { return x > 0 ? x : 0; }},
      {"LeakyRelu", [](double x) { return x > 0 ? x : 0.01 * x; }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"HardSigmoid", [](double x) { return std::fmin(1, std::fmax(0, 0.2 * x + 0.5)); }},
      {"HardSwish", [](double x) { return x * std::fmin(1, std::fmax(0, x / 6 + 0.5)); }},
      {"Tanh", [](double x) { return std::sinh(x) / std::cosh(x); }},
      {"Erf", [](double x) { return 1 - std::erfc(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log2(x) * std::log(2.0); }},
      {"Sqrt", [](double x) { return std::pow(x, 0.5); }},
      {"Reciprocal", [](double x) { return std::pow(x, -1); }},
      {"Floor", [](double x) { return -std::ceil(-x); }},
      {"Ceil", [](double x) { return -std::floor(-x); }},
      {"Neg", [](double x) { return 0 - x; }},
      {"Abs", [](double x) { return std::sqrt(x * x); }},
  };
  Tensor x = random_floats({4, 50}, 1);
  for (int64_t i = 0; i < x.size(); ++i) x.mutable_data<float>()[i] *= 5;
  for (const Row& row : rows) {
    CAPTURE(row.op_type);
    const bool positive = std::isnan(row.definition(-1));
    const Tensor input = positive ? OpRun("Abs").input(x).result() : x;
    Tensor expected(DType::kFloat32, x.shape());
    for (int64_t i = 0; i < x.size(); ++i)
      expected.mutable_data<float>()[i] =
          static_cast<float>(row.definition(input.data<float>()[i]));
    CHECK(relative_error(OpRun(row.op_type).input(input).result(), expected) < 1e-6);
  }
}

TEST_CASE("parameters of elementwise functions") {
  const Tensor x = floats({3}, {-2, 0.5F, 2});
  CHECK(OpRun("LeakyRelu").attribute("alpha", 0.5F).input(x).result() ==
        floats({3}, {-1, 0.5F, 2}));
  CHECK(OpRun("HardSigmoid").attribute("alpha", 0.25F).attribute("beta", 0.25F).input(x).result() ==
        floats({3}, {0, 0.375F, 0.75F}));
  CHECK_THAT(OpRun("Sigmoid").input(int64s({1})).error(),
             ContainsSubstring("int64 is not supported"));
}

TEST_CASE("Clip takes its limits from attributes or inputs") {
  const Tensor x = floats({4}, {-5, 0, 5, 10});
  const auto limit = [](float value) { return floats({}, {value}); };
  CHECK(OpRun("Clip", 6).attribute("max", 6.0F).attribute("min", 0.0F).input(x).result() ==
        floats({4}, {0, 0, 5, 6}));
  CHECK(OpRun("Clip").input(x).input(limit(-1)).input(limit(6)).result() ==
        floats({4}, {-1, 0, 5, 6}));
  CHECK(OpRun("Clip").input(x).left_out().input(limit(6)).result() == floats({4}, {-5, 0, 5, 6}));
  CHECK(OpRun("Clip").input(x).result() == x);
  CHECK(OpRun("Clip").input(x).input(limit(3)).input(limit(1)).result() ==
        floats({4}, {1, 1, 1, 1}));
  CHECK(OpRun("Clip")
            .input(Tensor::of<int8_t>({3}, {-100, 3, 100}))
            .input(Tensor::scalar<int8_t>(-4))
            .input(Tensor::scalar<int8_t>(4))
            .result() == Tensor::of<int8_t>({3}, {-4, 3, 4}));
  CHECK_THAT(OpRun("Clip").input(x).input(int64s({1})).error(),
             ContainsSubstring("different element types"));
}

TEST_CASE("binary operators broadcast both ways") {
  const Tensor column = floats({3, 1}, {10, 20, 30});
  const Tensor row = floats({2}, {1, 2});
  CHECK(OpRun("Add").input(column).input(row).result() == floats({3, 2}, {11, 12, 21, 22, 31, 32}));
  CHECK(OpRun("Sub").input(row).input(column).result() ==
        floats({3, 2}, {-9, -8, -19, -18, -29, -28}));
  CHECK(OpRun("Mul").input(column).input(floats({}, {2})).result() == floats({3, 1}, {20, 40, 60}));
  CHECK(OpRun("Div").input(floats({1}, {60})).input(column).result() == floats({3, 1}, {6, 3, 2}));
  CHECK(OpRun("Add").input(floats({0, 2}, {})).input(row).result().shape() == Shape{0, 2});
  CHECK_THAT(OpRun("Add").input(column).input(floats({2, 2}, {1, 2, 3, 4})).error(),
             ContainsSubstring("[3, 1] and [2, 2] cannot be broadcast"));
  CHECK_THAT(OpRun("Add").input(column).input(int64s({1})).error(),
             ContainsSubstring("different element types"));
}

TEST_CASE("broadcasting in any pair of shapes follows NumPy's rule") {
  const std::vector<Shape> shapes = {{2, 3, 4}, {3, 4}, {4},       {1},       {},
                                     {2, 1, 1}, {3, 1}, {2, 3, 1}, {1, 3, 1}, {2, 1, 4}};
  for (const Shape& a : shapes)
    for (const Shape& b : shapes) {
      // Both operands spread out to [2, 3, 4] by Expand first give the same result.
      const Tensor x = random_floats(a, 1);
      const Tensor y = random_floats(b, 2);
      const Tensor full = floats({2, 3, 4}, std::vector<float>(24, 0.0F));
      const auto spread = [&](const Tensor& t) {
        Tensor out = full.clone();
        for (int64_t i = 0; i < 24; ++i) {
          int64_t at = 0;
          const int64_t index[] = {i / 12, i / 4 % 3, i % 4};
          for (std::size_t k = 0; k < t.rank(); ++k)
            at = at * t.dim(k) + (t.dim(k) == 1 ? 0 : index[3 - t.rank() + k]);
          out.mutable_data<float>()[i] = t.data<float>()[at];
        }
        return out;
      };
      CAPTURE(to_string(a), to_string(b));
      const Tensor direct = OpRun("Sub").input(x).input(y).result();
      CHECK(spread(direct) == OpRun("Sub").input(spread(x)).input(spread(y)).result());
    }
}

TEST_CASE("Pow takes an exponent of another type") {
  const Tensor base = floats({3}, {1, 2, 3});
  CHECK(OpRun("Pow").input(base).input(int64s({3})).result() == floats({3}, {1, 8, 27}));
  CHECK(OpRun("Pow").input(int64s({2, 3})).input(floats({}, {2})).result() == int64s({4, 9}));
  CHECK(OpRun("Pow").input(base).input(floats({1}, {2})).result() == floats({3}, {1, 4, 9}));
}

TEST_CASE("Min and Max take one to many inputs") {
  const Tensor a = floats({3}, {1, 5, 3});
  CHECK(OpRun("Min").input(a).result() == a);
  CHECK(OpRun("Max").input(a).input(floats({}, {2})).input(floats({2, 1}, {4, 0})).result() ==
        floats({2, 3}, {4, 5, 4, 2, 5, 3}));
  CHECK(OpRun("Min").input(int64s({3, 1})).input(int64s({2, 2})).result() == int64s({2, 1}));
}

TEST_CASE("comparisons and logic give bool") {
  const auto bools = [](std::vector<bool> values) {
    return Tensor::of<bool>({std::ssize(values)}, values);
  };
  const Tensor a = int64s({1, 2, 3});
  const Tensor b = int64s({2});
  CHECK(OpRun("Less").input(a).input(b).result() == bools({true, false, false}));
  CHECK(OpRun("Greater").input(a).input(b).result() == bools({false, false, true}));
  CHECK(OpRun("Equal").input(a).input(b).result() == bools({false, true, false}));
  CHECK(OpRun("LessOrEqual").input(a).input(b).result() == bools({true, true, false}));
  CHECK(OpRun("GreaterOrEqual").input(a).input(b).result() == bools({false, true, true}));
  const Tensor p = bools({true, true, false, false});
  const Tensor q = bools({true, false, true, false});
  CHECK(OpRun("And").input(p).input(q).result() == bools({true, false, false, false}));
  CHECK(OpRun("Or").input(p).input(q).result() == bools({true, true, true, false}));
  CHECK(OpRun("Xor").input(p).input(q).result() == bools({false, true, true, false}));
  CHECK(OpRun("Not").input(p).result() == bools({false, false, true, true}));
  CHECK(OpRun("Equal").input(p).input(q).result() == bools({true, false, false, true}));
}

TEST_CASE("Where broadcasts all three inputs") {
  const Tensor condition = Tensor::of<bool>({2, 1}, {true, false});
  CHECK(OpRun("Where")
            .input(condition)
            .input(Tensor::of<uint8_t>({3}, {1, 2, 3}))
            .input(Tensor::scalar<uint8_t>(9))
            .result() == Tensor::of<uint8_t>({2, 3}, {1, 2, 3, 9, 9, 9}));
}

TEST_CASE("Cast") {
  const auto cast = [](const Tensor& x, DType to) {
    return OpRun("Cast").attribute("to", static_cast<int64_t>(to)).input(x).result();
  };
  CHECK(cast(floats({3}, {-1.7F, 0, 2.9F}), DType::kInt32) == Tensor::of<int32_t>({3}, {-1, 0, 2}));
  CHECK(cast(floats({3}, {-1.7F, 0, 2.9F}), DType::kBool) ==
        Tensor::of<bool>({3}, {true, false, true}));
  CHECK(cast(int64s({1, 256}), DType::kUInt8) == Tensor::of<uint8_t>({2}, {1, 0}));
  const Tensor half = cast(floats({2}, {1.5F, -2}), DType::kFloat16);
  CHECK(half.dtype() == DType::kFloat16);
  CHECK(cast(half, DType::kFloat64) == Tensor::of<double>({2}, {1.5, -2}));
  CHECK(OpRun("CastLike").input(int64s({3})).input(floats({}, {0})).result() == floats({1}, {3}));
  CHECK_THAT(OpRun("Cast").input(half).error(), ContainsSubstring("attribute 'to' is missing"));
  CHECK_THAT(OpRun("Cast").attribute("to", int64_t{99}).input(half).error(),
             ContainsSubstring("type 99 is not known"));
}

}  // namespace
}  // namespace qtool
