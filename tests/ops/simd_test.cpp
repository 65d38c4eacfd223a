#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "op_run.h"

// Operators that vectors must serve: what they give is held against the reference's.
namespace qtool {
namespace {

using namespace testing;

void check_near(OpRun run, double tolerance = 1e-6, std::size_t outputs = 1) {
  const auto actual = run.run(Provider::kSimd, outputs);
  const auto expected = run.run(Provider::kReference, outputs);
  for (std::size_t i = 0; i < outputs; ++i)
    CHECK(relative_error(actual[i], expected[i]) < tolerance);
}

void check_same(OpRun run, std::size_t outputs = 1) {
  CHECK(run.run(Provider::kSimd, outputs) == run.run(Provider::kReference, outputs));
}

template <class T>
Tensor scalar(T value) {
  return Tensor::scalar<T>(value);
}

}  // namespace

TEST_CASE("vectors serve float functions of one input") {
  for (const char* op : {"Abs", "Neg", "Floor", "Ceil", "Round", "Reciprocal", "Relu", "LeakyRelu",
                         "HardSigmoid", "HardSwish"}) {
    INFO(op);
    check_same(OpRun(op).input(random_floats({3, 37}, 1)));
  }
  for (const char* op : {"Erf", "Exp", "Sigmoid", "Tanh"}) {
    INFO(op);
    check_near(OpRun(op).input(random_floats({3, 37}, 1)));
  }
  check_near(OpRun("Gelu", 20).input(random_floats({3, 37}, 1)));
  check_near(OpRun("Gelu", 20)
                 .attribute("approximate", std::string("tanh"))
                 .input(random_floats({3, 37}, 1)));
  check_near(OpRun("Swish", 24).attribute("alpha", 1.5F).input(random_floats({3, 37}, 1)));
  check_same(OpRun("Clip").input(random_floats({41}, 1)).input(scalar(-0.3F)).input(scalar(0.4F)));
}

TEST_CASE("vectors serve float functions of two inputs, broadcast in every way") {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3, 21}, {2, 3, 21}}, {{2, 3, 21}, {}},     {{}, {2, 3, 21}},
      {{2, 3, 21}, {21}},       {{2, 3, 21}, {3, 1}}, {{2, 1, 21}, {1, 3, 1}},
      {{5, 1}, {1, 7}},         {{1, 1}, {1}},        {{0, 4}, {4}},
      {{2, 3, 1}, {2, 3, 21}}};
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum"})
    for (const auto& [a, b] : shapes) {
      INFO(op);
      check_same(OpRun(op).input(random_floats(a, 1)).input(random_floats(b, 2)));
    }
  check_same(OpRun("Max")
                 .input(random_floats({2, 9}, 1))
                 .input(random_floats({9}, 2))
                 .input(random_floats({2, 1}, 3)));
}

TEST_CASE("vectors serve softmax along every axis") {
  for (const char* op : {"Softmax", "LogSoftmax"})
    for (const int64_t axis : {-1, 1, 0})
      check_near(OpRun(op).attribute("axis", axis).input(random_floats({3, 5, 19}, 1)));
  check_near(OpRun("Softmax", 11).attribute("axis", int64_t{1}).input(random_floats({3, 5, 4}, 1)));
}

TEST_CASE("vectors serve normalizations of rows") {
  const Tensor x = random_floats({2, 5, 36}, 1);
  const Tensor row = random_floats({36}, 2);
  check_near(OpRun("LayerNormalization").input(x).input(row).input(random_floats({36}, 3)), 2e-6,
             3);
  check_near(OpRun("LayerNormalization").input(x).input(random_floats({5, 1}, 2)), 2e-6, 3);
  check_near(OpRun("LayerNormalization")
                 .attribute("axis", int64_t{1})
                 .input(x)
                 .input(random_floats({5, 36}, 2)),
             2e-6, 3);
  check_near(OpRun("RMSNormalization", 23).input(x).input(row), 2e-6);
  for (const Shape& skip : {Shape{2, 5, 36}, Shape{5, 36}})
    check_near(OpRun("SkipLayerNormalization", 1, "com.microsoft")
                   .input(x)
                   .input(random_floats(skip, 4))
                   .input(row)
                   .input(random_floats({36}, 5))
                   .input(random_floats({36}, 6)),
               2e-6, 4);
}

TEST_CASE("vectors serve the fused activations") {
  const Tensor x = random_floats({2, 5, 36}, 1);
  for (const char* op : {"BiasGelu", "FastGelu"})
    for (const Shape& bias : {Shape{36}, Shape{5, 1}})
      check_near(OpRun(op, 1, "com.microsoft").input(x).input(random_floats(bias, 2)));
  check_near(OpRun("FastGelu", 1, "com.microsoft").input(x));
  check_near(OpRun("QuickGelu", 1, "com.microsoft").input(x));
}

TEST_CASE("vectors serve sums and means over the last axes") {
  const Tensor x = random_floats({2, 3, 4, 9}, 1);
  for (const char* op : {"ReduceMean", "ReduceSum"})
    for (const std::vector<int64_t>& axes : std::vector<std::vector<int64_t>>{{-1}, {2, 3}, {1}}) {
      OpRun run(op, 18);
      check_near(run.input(x).constant(int64s(axes)));
    }
  check_near(OpRun("GlobalAveragePool").input(x));
}

TEST_CASE("vectors serve quantization and its inverse") {
  const Tensor x = random_floats({3, 4, 19}, 1);
  check_same(OpRun("QuantizeLinear").input(x).input(scalar(0.01F)).input(scalar<uint8_t>(100)));
  check_same(OpRun("QuantizeLinear").input(x).input(scalar(0.01F)));
  const Tensor scales = floats({4}, {0.01F, 0.5F, 0.002F, 1});
  const Tensor zeros = Tensor::of<int8_t>({4}, std::vector<int8_t>{0, -5, 127, 3});
  OpRun quantize("QuantizeLinear");
  quantize.attribute("axis", int64_t{1}).input(x).input(scales).input(zeros);
  check_same(quantize);
  const Tensor q = quantize.run(Provider::kSimd)[0];
  check_same(OpRun("DequantizeLinear").input(q).input(scales).input(zeros));
  check_same(OpRun("DequantizeLinear").input(q).input(scalar(0.3F)).input(scalar<int8_t>(-7)));
  check_same(OpRun("DynamicQuantizeLinear").input(x), 3);
}

TEST_CASE("vectors serve sums and products of quantized tensors") {
  const Tensor a = counting<uint8_t>({2, 3, 40});
  for (const char* op : {"QLinearAdd", "QLinearMul"})
    for (const Shape& shape : {Shape{2, 3, 40}, Shape{40}, Shape{3, 1}, Shape{}})
      check_same(OpRun(op, 1, "com.microsoft")
                     .input(a)
                     .input(scalar(0.02F))
                     .input(scalar<uint8_t>(100))
                     .input(counting<uint8_t>(shape))
                     .input(scalar(0.05F))
                     .input(scalar<uint8_t>(20))
                     .input(scalar(0.06F))
                     .input(scalar<uint8_t>(90)));
}

}  // namespace qtool
