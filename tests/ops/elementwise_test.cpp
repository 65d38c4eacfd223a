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

TEST_CASE("activations neither overflow nor lose a NaN") {
  const Tensor x = floats({4}, {-1000, -30, 30, 1000});
  CHECK(OpRun("Softplus").input(x).result().data<float>()[3] == 1000);
  CHECK(OpRun("Softplus").input(x).result().data<float>()[1] == std::exp(-30.0F));
  CHECK(relative_error(OpRun("Mish").input(x).result(), floats({4}, {0, 0, 30, 1000})) < 1e-6);
  const Tensor celu = OpRun("Celu").attribute("alpha", 2.0F).input(x).result();
  CHECK(relative_error(celu, floats({4}, {-2, -2, 30, 1000})) < 1e-6);
  for (const char* op_type :
       {"Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "Swish", "HardSwish", "Tanh", "Softplus",
        "Softsign", "Mish", "Elu", "Celu", "Selu", "Gelu", "Clip", "Sign", "Round"}) {
    CAPTURE(op_type);
    CHECK(std::isnan(*OpRun(op_type, 28).input(floats({1}, {NAN})).result().data<float>()));
  }
  CHECK_THAT(OpRun("Gelu").attribute("approximate", std::string("fast")).input(x).error(),
             ContainsSubstring("'approximate' is 'fast'"));
}

TEST_CASE("elementwise functions of integers") {
  const Tensor x = Tensor::of<int8_t>({4}, {-128, -1, 0, 7});
  CHECK(OpRun("Abs").input(x).result() == Tensor::of<int8_t>({4}, {-128, 1, 0, 7}));
  CHECK(OpRun("Sign").input(x).result() == Tensor::of<int8_t>({4}, {-1, -1, 0, 1}));
  CHECK(OpRun("Relu").input(x).result() == Tensor::of<int8_t>({4}, {0, 0, 0, 7}));
  CHECK(OpRun("BitwiseNot").input(x).result() == Tensor::of<int8_t>({4}, {127, 0, -1, -8}));
  CHECK(OpRun("Erf", 9).input(x).result() == Tensor::of<int8_t>({4}, {-1, 0, 0, 1}));
  CHECK(OpRun("Shrink").attribute("bias", 1.5F).attribute("lambd", 2.0F).input(x).result() ==
        Tensor::of<int8_t>({4}, {-126, 0, 0, 5}));
  CHECK_THAT(OpRun("BitwiseNot").input(floats({1}, {1})).error(),
             ContainsSubstring("float32 is not supported"));
}

TEST_CASE("IsInf and IsNaN of every float type") {
  const auto bools = [](bool a, bool b, bool c, bool d) {
    return Tensor::of<bool>({4}, {a, b, c, d});
  };
  const Tensor x = Tensor::of<double>({4}, {-INFINITY, INFINITY, NAN, 1e308});
  CHECK(OpRun("IsInf").input(x).result() == bools(true, true, false, false));
  CHECK(OpRun("IsNaN").input(x).result() == bools(false, false, true, false));
  CHECK(OpRun("IsInf").attribute("detect_negative", int64_t{0}).input(x).result() ==
        bools(false, true, false, false));
  const Tensor half = Tensor::of<Half>({4}, {Half(-INFINITY), Half(70000), Half(NAN), Half(1)});
  CHECK(OpRun("IsInf").attribute("detect_positive", int64_t{0}).input(half).result() ==
        bools(true, false, false, false));
  CHECK(OpRun("IsNaN").input(half).result() == bools(false, false, true, false));
  const auto codes = [](DType dtype, std::vector<uint8_t> values) {
    const auto owner = std::make_shared<const Tensor>(Tensor::of<uint8_t>({4}, values));
    return Tensor::view(dtype, {4}, owner, owner->raw());
  };
  const Tensor e5m2 = codes(DType::kFloat8E5M2, {0xFC, 0x7C, 0x7D, 0x7B});
  CHECK(OpRun("IsInf").input(e5m2).result() == bools(true, true, false, false));
  CHECK(OpRun("IsNaN").input(e5m2).result() == bools(false, false, true, false));
  const Tensor fnuz = codes(DType::kFloat8E4M3FNUZ, {0x80, 0x7F, 0xFF, 0});
  CHECK(OpRun("IsNaN").input(fnuz).result() == bools(true, false, false, false));
  CHECK(OpRun("IsInf").input(fnuz).result() == bools(false, false, false, false));
}

TEST_CASE("Clip takes its limits from attributes or inputs") {
  const Tensor x = floats({4}, {-5, 0, 5, 10});
  const auto limit = [](float value) { return floats({}, {value}); };
  CHECK(OpRun("Clip", 6).attribute("max", 6.0F).attribute("min", 0.0F).input(x).result() ==
        floats({4}, {0, 0, 5, 6}));
  CHECK(OpRun("Clip", 6).input(Tensor::of<double>({1}, {-1e300})).result() ==
        Tensor::of<double>({1}, {-3.4028234663852886e38}));
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

TEST_CASE("Where broadcasts all three inputs") {
  const Tensor condition = Tensor::of<bool>({2, 1}, {true, false});
  CHECK(OpRun("Where")
            .input(condition)
            .input(Tensor::of<uint8_t>({3}, {1, 2, 3}))
            .input(Tensor::scalar<uint8_t>(9))
            .result() == Tensor::of<uint8_t>({2, 3}, {1, 2, 3, 9, 9, 9}));
  const Tensor text = Tensor::of<std::string>({1}, {"a string too long to stand in the object"});
  CHECK(
      OpRun("Where").input(condition).input(text).input(Tensor::scalar<std::string>("")).result() ==
      Tensor::of<std::string>({2, 1}, {*text.data<std::string>(), ""}));
  CHECK_THAT(OpRun("Where").input(text).input(text).input(text).error(),
             ContainsSubstring("the condition is string, expected bool"));
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
