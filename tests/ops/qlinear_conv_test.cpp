#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"
#include "ops/channels_last.h"
#include "quantized_values.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;
constexpr DType kU8 = DType::kUInt8;
constexpr DType kS8 = DType::kInt8;

struct Case {
  const char* name;
  DType x_type, w_type;
  Shape x, w;
  int64_t groups = 1;
  Ints strides = {1, 1}, dilations = {1, 1}, pads = {0, 0, 0, 0};
  bool zero_point_per_channel = false;
};

const std::vector<Case> kCases = {
    {"u8 s8", kU8, kS8, {2, 5, 7, 8}, {6, 5, 3, 3}, 1, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {"u8 u8", kU8, kU8, {1, 4, 6, 6}, {3, 4, 3, 2}, 1, {2, 1}, {1, 1}, {1, 0, 0, 1}},
    {"s8 s8", kS8, kS8, {1, 8, 9, 9}, {8, 8, 3, 3}, 1, {1, 1}, {2, 2}, {2, 2, 2, 2}},
    {"s8 u8", kS8, kU8, {1, 3, 5, 5}, {4, 3, 1, 1}},
    {"groups", kU8, kS8, {1, 6, 5, 5}, {8, 3, 3, 3}, 2, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {"depthwise", kU8, kS8, {1, 9, 6, 6}, {9, 1, 3, 3}, 9, {2, 2}, {1, 1}, {1, 1, 1, 1}},
    {"per channel", kU8, kU8, {1, 3, 5, 5}, {5, 3, 3, 3}, 1, {1, 1}, {1, 1}, {1, 1, 1, 1}, true},
    {"s8 per channel", kS8, kS8, {1, 3, 5, 5}, {5, 3, 3, 3}, 1, {1, 1}, {1, 1}, {0, 0, 0, 0}, true},
};

// The inputs of a case beside its shapes.
struct Values {
  explicit Values(const Case& c)
      : x(random_bytes(c.x_type, c.x, 1)),
        w(random_bytes(c.w_type, c.w, 2)),
        x_zero(c.x_type == kU8 ? 117 : -5),
        w_zero(byte(c.w_type, c.w_type == kU8 ? 128 : 0)) {
    if (c.zero_point_per_channel) w_zero = random_bytes(c.w_type, {c.w[0]}, 3);
  }
  Tensor x, w;
  int x_zero;
  Tensor w_zero;
};

// ONNX's ConvInteger: Σ (x − x_zero)(w − w_zero), padding counting as x_zero.
std::vector<int64_t> convolve(const Case& c, const Values& v) {
  const auto x = to_int64s(v.x);
  const auto w = to_int64s(v.w);
  const auto w_zero = to_int64s(v.w_zero);
  const auto size = [&](std::size_t i) {
    return (c.x[2 + i] + c.pads[i] + c.pads[2 + i] - c.dilations[i] * (c.w[2 + i] - 1) - 1) /
               c.strides[i] +
           1;
  };
  std::vector<int64_t> sums;
  for (int64_t n = 0; n < c.x[0]; ++n)
    for (int64_t m = 0; m < c.w[0]; ++m)
      for (int64_t i = 0; i < size(0); ++i)
        for (int64_t j = 0; j < size(1); ++j) {
          int64_t& sum = sums.emplace_back(0);
          for (int64_t k = 0; k < c.w[1]; ++k)
            for (int64_t p = 0; p < c.w[2]; ++p)
              for (int64_t q = 0; q < c.w[3]; ++q) {
                const int64_t row = i * c.strides[0] + p * c.dilations[0] - c.pads[0];
                const int64_t column = j * c.strides[1] + q * c.dilations[1] - c.pads[1];
                if (row < 0 || row >= c.x[2] || column < 0 || column >= c.x[3]) continue;
                const int64_t channel = m / (c.w[0] / c.groups) * c.w[1] + k;
                const int64_t xi = ((n * c.x[1] + channel) * c.x[2] + row) * c.x[3] + column;
                const int64_t wi = ((m * c.w[1] + k) * c.w[2] + p) * c.w[3] + q;
                sum += (x[static_cast<std::size_t>(xi)] - v.x_zero) *
                       (w[static_cast<std::size_t>(wi)] - entry(w_zero, m));
              }
        }
  return sums;
}

void set_window(OpRun& run, const Case& c) {
  run.attribute("group", c.groups).attribute("strides", c.strides);
  run.attribute("dilations", c.dilations).attribute("pads", c.pads);
}

TEST_CASE("ConvInteger is exact by the fastest kernel as by the reference") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Values v(c);
    OpRun run("ConvInteger");
    set_window(run, c);
    run.input(v.x).constant(v.w).input(byte(c.x_type, v.x_zero)).constant(v.w_zero);
    const Tensor reference = run.result(Provider::kReference);
    CHECK(to_int64s(reference) == convolve(c, v));
    CHECK(run.fastest() == reference);
  }
}

TEST_CASE("ConvInteger of channels-last images is exact by the fastest kernel") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Values v(c);
    OpRun run("ConvInteger", 1, std::string(kInternalDomain));
    set_window(run, c);
    run.attribute("channels_last", int64_t{1}).input(channels_last_copy(v.x)).constant(v.w);
    run.input(byte(c.x_type, v.x_zero)).constant(v.w_zero);
    CHECK(run.fastest() == run.result());
  }
}

TEST_CASE("ConvIntegerToFloat scales ConvInteger, by the fastest kernel as by the reference") {
  for (const Case& c : kCases)
    for (const bool last : {false, true}) {
      CAPTURE(c.name, last);
      const Values v(c);
      const int64_t channels = c.w[0];
      std::vector<float> scales;
      for (int64_t m = 0; m < channels; ++m) scales.push_back(0.25F * static_cast<float>(m + 1));
      OpRun run("ConvIntegerToFloat", 1, std::string(kInternalDomain));
      set_window(run, c);
      run.attribute("channels_last", int64_t{last}).input(last ? channels_last_copy(v.x) : v.x);
      run.constant(v.w).input(Tensor::scalar(0.5F)).constant(floats({channels}, scales));
      run.input(byte(c.x_type, v.x_zero)).constant(v.w_zero);
      const Tensor reference = run.result();
      CHECK(run.fastest() == reference);
      if (last) continue;
      const std::vector<int64_t> sums = convolve(c, v);
      const int64_t pixels = reference.dim(2) * reference.dim(3);
      for (std::size_t i = 0; i < sums.size(); ++i)
        REQUIRE(reference.data<float>()[i] ==
                static_cast<float>(sums[i]) * 0.125F *
                    static_cast<float>(static_cast<int64_t>(i) / pixels % channels + 1));
    }
}

TEST_CASE("ConvInteger without zero points") {
  const Tensor x = random_bytes(kU8, {1, 2, 4, 4}, 1);
  const Tensor w = random_bytes(kS8, {3, 2, 2, 2}, 2);
  const Tensor zero = byte(kU8, 0);
  OpRun bare("ConvInteger");
  bare.input(x).constant(w);
  OpRun explicit_zero("ConvInteger");
  explicit_zero.input(x).constant(w).input(zero).constant(byte(kS8, 0));
  CHECK(bare.result() == explicit_zero.result());
  CHECK(bare.fastest() == explicit_zero.fastest());
  CHECK(bare.fastest() == bare.result());
}

TEST_CASE("QLinearConv requantizes as defined, by the fastest kernel as by the reference") {
  for (const Case& c : kCases)
    for (const DType y_type : {kU8, kS8})
      for (const bool per_channel : {false, true})
        for (const bool with_bias : {false, true}) {
          CAPTURE(c.name, name(y_type), per_channel, with_bias);
          const Values v(c);
          const float x_scale = 0.037f;
          const float y_scale = 13.3f;
          std::vector<float> w_scale(per_channel ? static_cast<std::size_t>(c.w[0]) : 1);
          for (std::size_t i = 0; i < w_scale.size(); ++i)
            w_scale[i] = 0.01f + 0.003f * static_cast<float>(i);
          std::vector<int32_t> bias(static_cast<std::size_t>(with_bias ? c.w[0] : 1));
          for (std::size_t i = 0; with_bias && i < bias.size(); ++i)
            bias[i] = 9000 - 2500 * static_cast<int32_t>(i);

          OpRun run("QLinearConv");
          set_window(run, c);
          run.input(v.x).constant(Tensor::scalar(x_scale)).constant(byte(c.x_type, v.x_zero));
          run.constant(v.w);
          run.constant(per_channel ? floats({c.w[0]}, w_scale) : Tensor::scalar(w_scale[0]));
          run.constant(v.w_zero).constant(Tensor::scalar(y_scale)).constant(byte(y_type, 30));
          if (with_bias) run.constant(Tensor::of<int32_t>({c.w[0]}, bias));
          const Tensor reference = run.result(Provider::kReference);
          REQUIRE(reference.dtype() == y_type);
          CHECK(run.fastest() == reference);

          const auto sums = convolve(c, v);
          const auto y = to_int64s(reference);
          REQUIRE(y.size() == sums.size());
          const int64_t plane = std::ssize(sums) / (c.x[0] * c.w[0]);
          for (std::size_t i = 0; i < y.size(); ++i) {
            const int64_t m = static_cast<int64_t>(i) / plane % c.w[0];
            const auto sum = static_cast<float>(sums[i] + entry(bias, m));
            REQUIRE(y[i] == quantized(sum * (x_scale * entry(w_scale, m) / y_scale), 30, y_type));
          }
        }
}

TEST_CASE("QLinearConv pads by the input's zero point with auto_pad") {
  OpRun run("QLinearConv");
  run.attribute("auto_pad", std::string("SAME_LOWER"));
  const Tensor one = Tensor::scalar(1.0f);
  run.input(Tensor::of<uint8_t>({1, 1, 1, 3}, {10, 20, 30})).constant(one).constant(byte(kU8, 7));
  run.constant(Tensor::of<int8_t>({1, 1, 1, 2}, {2, 3})).constant(one).constant(byte(kS8, 0));
  run.constant(one).constant(byte(kU8, 0));
  // (10 − 7) · 3; 3 · 2 + 13 · 3; 13 · 2 + 23 · 3
  CHECK(run.result() == Tensor::of<uint8_t>({1, 1, 1, 3}, {9, 45, 95}));
  CHECK(run.fastest() == run.result());
}

TEST_CASE("a convolution whose weight is only known at run time is left to the reference") {
  OpRun run("ConvInteger");
  run.input(random_bytes(kU8, {1, 2, 4, 4}, 1)).input(random_bytes(kS8, {3, 2, 2, 2}, 2));
  CHECK(run.result().shape() == Shape{1, 3, 3, 3});
}

TEST_CASE("quantized convolutions refuse what does not fit") {
  const Tensor one = Tensor::scalar(1.0f);
  const auto conv = [&](Tensor x_zero, Tensor w_scale, Tensor bias) {
    OpRun run("QLinearConv");
    run.input(random_bytes(kU8, {1, 2, 4, 4}, 1)).constant(one).constant(std::move(x_zero));
    run.constant(random_bytes(kS8, {3, 2, 2, 2}, 2)).constant(std::move(w_scale));
    run.constant(byte(kS8, 0)).constant(one).constant(byte(kU8, 0)).constant(std::move(bias));
    return run.error(Provider::kSimd);
  };
  const Tensor bias = Tensor::of<int32_t>({3}, {1, 2, 3});
  CHECK(conv(byte(kU8, 0), one, bias).empty());
  CHECK_THAT(conv(byte(kS8, 0), one, bias), ContainsSubstring("zero point of type int8"));
  CHECK_THAT(conv(byte(kU8, 0), floats({2}, {1, 2}), bias), ContainsSubstring("scale [2]"));
  CHECK_THAT(conv(byte(kU8, 0), one, floats({3}, {1, 2, 3})), ContainsSubstring("bias"));
  CHECK_THAT(conv(Tensor::of<uint8_t>({2}, {1, 2}), one, bias), ContainsSubstring("one element"));
}

}  // namespace
}  // namespace qtool
