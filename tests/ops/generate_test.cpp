#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

template <class T>
OpRun range(T start, T limit, T delta) {
  OpRun run("Range");
  run.input(Tensor::scalar(start)).input(Tensor::scalar(limit)).input(Tensor::scalar(delta));
  return run;
}

TEST_CASE("ranges at the limits of their types") {
  CHECK(range<int64_t>(kMost - 1, kMost, kMost).result() == int64s({kMost - 1}));
  CHECK(range<int64_t>(kMost, kLeast, kLeast).result() == int64s({kMost, -1}));
  CHECK(range<int16_t>(-32768, 32767, 32767).result() ==
        Tensor::of<int16_t>({3}, {-32768, -1, 32766}));
  CHECK(range<float>(1, 0, 1).result().shape() == Shape{0});
  CHECK_THAT(range<int64_t>(kLeast, kMost, 1).error(), ContainsSubstring("too long"));
  CHECK_THAT(range<float>(0, NAN, 1).error(), ContainsSubstring("too long"));
  CHECK_THAT(range<double>(0, 1, 0).error(), ContainsSubstring("step of a range is 0"));
}

TEST_CASE("EyeLike and Trilu with diagonals far outside") {
  for (const int64_t k : {kMost, kLeast}) {
    CHECK(OpRun("EyeLike").attribute("k", k).input(floats({1, 2}, {5, 5})).result() ==
          floats({1, 2}, {0, 0}));
    for (const int64_t upper : {0, 1})
      CHECK(OpRun("Trilu")
                .attribute("upper", upper)
                .input(floats({1, 2}, {5, 6}))
                .input(Tensor::scalar(k))
                .result() ==
            ((upper == 1) == (k < 0) ? floats({1, 2}, {5, 6}) : floats({1, 2}, {0, 0})));
  }
}

TEST_CASE("ConstantOfShape of packed elements and of too many") {
  Tensor three(DType::kInt4, {1});
  *static_cast<uint8_t*>(three.mutable_raw()) = 3;
  const Tensor y =
      OpRun("ConstantOfShape", 21).attribute("value", Constant(three)).input(int64s({3})).result();
  REQUIRE(y.dtype() == DType::kInt4);
  CHECK(static_cast<const uint8_t*>(y.raw())[0] == 0x33);
  CHECK(static_cast<const uint8_t*>(y.raw())[1] == 0x03);
  CHECK_THAT(OpRun("ConstantOfShape").input(int64s({kMost, 0, kMost})).error(),
             ContainsSubstring("too many elements"));
  CHECK_THAT(OpRun("Tile").input(floats({2}, {1, 2})).input(int64s({kMost})).error(),
             ContainsSubstring("too many elements"));
}

TEST_CASE("a mask of Dropout before opset 10 has its input's type") {
  CHECK(OpRun("Dropout", 7).input(floats({2}, {1, 2})).run(Provider::kReference, 2)[1] ==
        floats({2}, {1, 1}));
}

// Mean and variance of the elements.
std::pair<double, double> moments(const Tensor& x) {
  double sum = 0;
  double squares = 0;
  for (const float v : x.to_vector<float>()) {
    sum += v;
    squares += double{v} * v;
  }
  const double mean = sum / static_cast<double>(x.size());
  return {mean, squares / static_cast<double>(x.size()) - mean * mean};
}

TEST_CASE("random numbers follow their distributions and their seeds") {
  const auto draw = [](const char* op, float seed) {
    return OpRun(op).attribute("shape", Ints{100, 1000}).attribute("seed", seed).result();
  };
  const auto [normal_mean, normal_variance] = moments(draw("RandomNormal", 7));
  CHECK(std::abs(normal_mean) < 0.02);
  CHECK(std::abs(normal_variance - 1) < 0.02);
  const auto [uniform_mean, uniform_variance] = moments(draw("RandomUniform", 7));
  CHECK(std::abs(uniform_mean - 0.5) < 0.01);
  CHECK(std::abs(uniform_variance - 1.0 / 12) < 0.01);
  CHECK(draw("RandomUniform", 7) == draw("RandomUniform", 7));
  CHECK(!(draw("RandomUniform", 7) == draw("RandomUniform", 0.5F)));
}

TEST_CASE("Multinomial draws classes by their probability") {
  const auto run = [](std::vector<float> logits) {
    return OpRun("Multinomial")
        .attribute("sample_size", int64_t{10000})
        .input(floats({1, 3}, std::move(logits)));
  };
  const auto drawn = run({std::log(1.0F), -INFINITY, std::log(3.0F)}).result().to_vector<int32_t>();
  const auto count = [&](int32_t c) { return std::count(drawn.begin(), drawn.end(), c); };
  CHECK(std::abs(static_cast<double>(count(0)) / 1e4 - 0.25) < 0.02);
  CHECK(count(1) == 0);
  CHECK(count(0) + count(2) == 10000);
  CHECK_THAT(run({NAN, 0, 0}).error(), ContainsSubstring("no distribution"));
}

}  // namespace
}  // namespace qtool
