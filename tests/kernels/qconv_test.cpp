#include "kernels/onednn/qconv.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "base/parallel.h"
#include "kernels/onednn/isa.h"
#include "kernels/onednn/qweight.h"
#include "kernels/reference/qconv.h"
#include "kernels/simd/integer_conv.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

struct Case {
  const char* name;
  int64_t batch, in, out, groups;
  Window::Sizes input, kernel, stride = {1, 1, 1}, dilation = {1, 1, 1};
  Window::Sizes begin = {0, 0, 0}, end = {0, 0, 0};
  int rank = 2;
};

const Case kCases[] = {
    {"3x3 padded", 1, 16, 24, 1, {1, 9, 11}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}},
    {"1x1", 2, 33, 17, 1, {1, 5, 7}, {1, 1, 1}},
    {"one pixel", 1, 512, 10, 1, {1, 1, 1}, {1, 1, 1}},
    {"image, strided",
     1,
     3,
     8,
     1,
     {1, 17, 16},
     {1, 7, 7},
     {1, 2, 2},
     {1, 1, 1},
     {0, 3, 3},
     {0, 3, 3}},
    {"uneven padding",
     1,
     5,
     6,
     1,
     {1, 8, 9},
     {1, 3, 2},
     {1, 2, 1},
     {1, 1, 1},
     {0, 0, 1},
     {0, 2, 0}},
    {"dilated", 1, 8, 8, 1, {1, 12, 12}, {1, 3, 3}, {1, 1, 1}, {1, 2, 3}, {0, 2, 3}, {0, 2, 3}},
    {"depthwise", 1, 19, 19, 19, {1, 10, 9}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}},
    {"depthwise strided",
     2,
     32,
     32,
     32,
     {1, 9, 9},
     {1, 5, 5},
     {1, 2, 2},
     {1, 1, 1},
     {0, 2, 2},
     {0, 2, 2}},
    {"depthwise dilated",
     1,
     16,
     16,
     16,
     {1, 9, 9},
     {1, 3, 3},
     {1, 1, 1},
     {1, 2, 2},
     {0, 2, 2},
     {0, 2, 2}},
    {"depthwise doubling",
     1,
     6,
     12,
     6,
     {1, 7, 7},
     {1, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {0, 1, 1},
     {0, 1, 1}},
    {"grouped", 1, 12, 8, 4, {1, 6, 6}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}},
    {"grouped wide", 1, 64, 64, 2, {1, 6, 6}, {1, 3, 3}},
    {"1-d", 1, 8, 16, 1, {1, 1, 20}, {1, 1, 5}, {1, 1, 2}, {1, 1, 1}, {0, 0, 2}, {0, 0, 1}, 1},
    {"3-d", 1, 4, 6, 1, {5, 6, 7}, {2, 3, 3}, {1, 2, 1}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, 3},
    {"3-d depthwise",
     1,
     8,
     8,
     8,
     {4, 5, 5},
     {3, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {1, 1, 1},
     {1, 1, 1},
     3},
    {"cropped", 1, 4, 4, 1, {1, 8, 8}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, -1, 1}, {0, 1, -2}},
    {"long sums", 1, 300, 8, 1, {1, 4, 4}, {1, 3, 3}},
    {"3x3 of many channels",
     2,
     33,
     70,
     1,
     {1, 7, 6},
     {1, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {0, 1, 1},
     {0, 1, 1}},
    {"3x3 of many channels and rows",
     1,
     34,
     32,
     1,
     {1, 41, 51},
     {1, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {0, 1, 0},
     {0, 2, 0}},
    {"3x3 to one row",
     1,
     32,
     32,
     1,
     {1, 3, 90},
     {1, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {0, 0, 3},
     {0, 0, 0}},
    {"3x3 to one pixel",
     1,
     32,
     33,
     1,
     {1, 2, 1},
     {1, 3, 3},
     {1, 1, 1},
     {1, 1, 1},
     {0, 1, 1},
     {0, 0, 1}},
    {"1x1 strided", 2, 7, 70, 1, {1, 9, 8}, {1, 1, 1}, {1, 2, 3}},
    {"1x1 padded", 1, 6, 5, 1, {1, 4, 5}, {1, 1, 1}, {1, 2, 1}, {1, 1, 1}, {0, 1, 2}, {0, 2, 1}},
    {"wide padding", 1, 3, 40, 1, {1, 2, 3}, {1, 3, 3}, {1, 1, 2}, {1, 1, 1}, {0, 4, 5}, {0, 3, 4}},
    {"odd and dilated", 1, 5, 9, 1, {1, 9, 9}, {1, 2, 3}, {1, 2, 2}, {1, 1, 2}, {0, 1, 1}},
    {"many rows", 2, 64, 5, 1, {1, 70, 40}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}},
    {"long 1-d",
     1,
     2,
     3,
     1,
     {1, 1, 5000},
     {1, 1, 4},
     {1, 1, 1},
     {1, 1, 3},
     {0, 0, 3},
     {0, 0, 6},
     1},
    {"3-d strided",
     1,
     3,
     4,
     1,
     {7, 6, 5},
     {1, 3, 1},
     {2, 1, 3},
     {1, 2, 1},
     {1, 2, 1},
     {0, 2, 0},
     3},
};

ConvShape shape_of(const Case& c) {
  ConvShape shape{{c.rank, c.input, c.kernel, {1, 1, 1}, c.stride, c.dilation, c.begin, c.end},
                  c.batch,
                  c.groups,
                  c.in,
                  c.out};
  for (std::size_t i = 0; i < 3; ++i)
    shape.window.output[i] =
        (c.input[i] + c.begin[i] + c.end[i] - c.dilation[i] * (c.kernel[i] - 1) - 1) / c.stride[i] +
        1;
  return shape;
}

// ONNX's convolution of one output element, in double.
double convolve_at(const ConvShape& s, const std::vector<int32_t>& x, const std::vector<int32_t>& w,
                   int64_t n, int64_t m, const Window::Sizes& at) {
  const Window& v = s.window;
  const int64_t group_inputs = s.in_channels / s.groups;
  const int64_t first = m / (s.out_channels / s.groups) * group_inputs;
  double sum = 0;
  for (int64_t c = 0; c < group_inputs; ++c)
    for (int64_t i = 0; i < v.kernel[0]; ++i)
      for (int64_t j = 0; j < v.kernel[1]; ++j)
        for (int64_t l = 0; l < v.kernel[2]; ++l) {
          const int64_t d = at[0] * v.stride[0] + i * v.dilation[0] - v.pad_begin[0];
          const int64_t h = at[1] * v.stride[1] + j * v.dilation[1] - v.pad_begin[1];
          const int64_t k = at[2] * v.stride[2] + l * v.dilation[2] - v.pad_begin[2];
          if (d < 0 || h < 0 || k < 0 || d >= v.input[0] || h >= v.input[1] || k >= v.input[2])
            continue;
          const int64_t xi =
              (((n * s.in_channels + first + c) * v.input[0] + d) * v.input[1] + h) * v.input[2] +
              k;
          const int64_t wi =
              (((m * group_inputs + c) * v.kernel[0] + i) * v.kernel[1] + j) * v.kernel[2] + l;
          sum += static_cast<double>(x[static_cast<std::size_t>(xi)]) *
                 w[static_cast<std::size_t>(wi)];
        }
  return sum;
}

std::vector<int32_t> random_values(int64_t count, int low, int high, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> pick(low, high);
  std::vector<int32_t> values(static_cast<std::size_t>(count));
  for (int32_t& value : values) {
    value = static_cast<int32_t>(pick(random));
    // The ends, where 16-bit sums would saturate, come often.
    if (random() % 4 == 0) value = static_cast<int32_t>(random() % 2 == 0 ? low : high);
  }
  return values;
}

int64_t weight_count(const ConvShape& s) {
  return s.out_channels * s.in_channels / s.groups * volume(s.window.kernel);
}
int64_t input_count(const ConvShape& s) { return s.batch * s.in_channels * volume(s.window.input); }
int64_t output_count(const ConvShape& s) {
  return s.batch * s.out_channels * volume(s.window.output);
}

std::vector<int32_t> reference(const ConvShape& shape, const std::vector<int32_t>& x,
                               const std::vector<int32_t>& w, const int32_t* bias) {
  std::vector<int32_t> acc(static_cast<std::size_t>(output_count(shape)));
  reference::integer_conv(shape, x.data(), w.data(), bias, acc.data());
  return acc;
}

// [batch, from..., to...] for channels-last arrays of the test.
template <class T>
std::vector<T> channels_last(const std::vector<T>& values, int64_t batch, int64_t channels) {
  std::vector<T> result(values.size());
  const int64_t pixels = std::ssize(values) / batch / channels;
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p)
        result[static_cast<std::size_t>((n * pixels + p) * channels + c)] =
            values[static_cast<std::size_t>((n * channels + c) * pixels + p)];
  return result;
}

template <class T, class Conv>
std::vector<T> run(const ConvShape& shape, Conv& conv, const std::vector<uint8_t>& x,
                   bool is_signed, int32_t zero_point, const int32_t* bias,
                   const Requantize<T>& rule) {
  std::vector<T> y(static_cast<std::size_t>(output_count(shape)));
  std::vector<std::byte> scratch(conv.scratch_bytes(shape) + 64);
  auto* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
  conv.run(shape, {x.data(), is_signed, zero_point}, bias, rule, aligned, y.data());
  return y;
}

// x as stored, and less its zero point.
struct Activation {
  std::vector<uint8_t> stored;
  std::vector<int32_t> centered;
};

Activation random_activation(int64_t count, bool is_signed, int zero_point, unsigned seed) {
  Activation result{{}, random_values(count, is_signed ? -128 : 0, is_signed ? 127 : 255, seed)};
  for (int32_t& value : result.centered) {
    result.stored.push_back(static_cast<uint8_t>(value));
    value = static_cast<int32_t>(value - zero_point);
  }
  return result;
}

TEST_CASE("the reference convolution is ONNX's") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const ConvShape s = shape_of(c);
    const auto x = random_values(input_count(s), -255, 255, 1);
    const auto w = random_values(weight_count(s), -128, 127, 2);
    std::vector<int32_t> bias(static_cast<std::size_t>(s.out_channels));
    for (std::size_t m = 0; m < bias.size(); ++m) bias[m] = static_cast<int32_t>(1000 * m) - 77;
    const auto acc = reference(s, x, w, bias.data());
    std::size_t i = 0;
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t m = 0; m < s.out_channels; ++m)
        for (int64_t d = 0; d < s.window.output[0]; ++d)
          for (int64_t h = 0; h < s.window.output[1]; ++h)
            for (int64_t v = 0; v < s.window.output[2]; ++v, ++i)
              REQUIRE(acc[i] ==
                      convolve_at(s, x, w, n, m, {d, h, v}) + bias[static_cast<std::size_t>(m)]);
  }
}

// A convolution with what it must give, in channels-first layout.
struct Example {
  ConvShape shape;
  std::vector<int32_t> weight;
  bool is_signed;
  int zero_point;
  Activation x;
  std::vector<int32_t> bias;
  std::vector<int32_t> wanted;
};

template <class Check>
void for_each_example(const Check& check) {
  struct Weights {
    int low, high;
  };
  for (const Case& c : kCases)
    for (const Weights range : {Weights{-127, 127}, Weights{-128, 127}, Weights{-64, 64},
                                Weights{-255, 0}, Weights{-100, 155}})
      for (const bool is_signed : {false, true})
        for (const int zero_point : {0, is_signed ? -128 : 255, 5}) {
          CAPTURE(c.name, range.low, range.high, is_signed, zero_point);
          Example e = {shape_of(c), {}, is_signed, zero_point, {}, {}, {}};
          e.weight = random_values(weight_count(e.shape), range.low, range.high, 3);
          e.x = random_activation(input_count(e.shape), is_signed, zero_point, 4);
          e.bias.assign(static_cast<std::size_t>(e.shape.out_channels), -3);
          e.wanted = reference(e.shape, e.x.centered, e.weight, e.bias.data());
          check(e);
        }
}

template <class Conv>
void check_layouts(const Example& e) {
  const ConvShape& s = e.shape;
  Conv first(s, e.weight.data(), Layout::kChannelsFirst);
  REQUIRE(run<int32_t>(s, first, e.x.stored, e.is_signed, e.zero_point, e.bias.data(), {}) ==
          e.wanted);
  Conv last(s, e.weight.data(), Layout::kChannelsLast);
  REQUIRE(run<int32_t>(s, last, channels_last(e.x.stored, s.batch, s.in_channels), e.is_signed,
                       e.zero_point, e.bias.data(),
                       {}) == channels_last(e.wanted, s.batch, s.out_channels));
}

TEST_CASE("oneDNN's integer convolution is exact where it says so") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  int count = 0;
  for_each_example([&](const Example& e) {
    if (!onednn::IntegerConv::is_exact(e.shape, e.weight.data())) return;
    check_layouts<onednn::IntegerConv>(e);
    ++count;
  });
  CHECK(count >= 60);  // depthwise ones at least
}

TEST_CASE("our own integer convolution is exact") {
  for_each_example([](const Example& e) {
    testing::for_each_target([&] { check_layouts<simd::IntegerConv>(e); });
  });
}

TEST_CASE("integer convolutions of one's own are exact at the limits") {
  // All products of one sign: beyond 2^24, where floats are no longer all integers.
  ConvShape s{{2, {1, 3, 3}, {1, 3, 3}, {1, 1, 1}}, 1, 1, 300, 8};
  s.window.output = {1, 1, 1};
  struct Extreme {
    bool is_signed;
    int stored, zero_point, weight;
  };
  for (const Extreme& e : {Extreme{false, 255, 0, 127}, Extreme{false, 255, 0, -128},
                           Extreme{true, -128, 0, -128}, Extreme{true, -128, 127, -255},
                           Extreme{false, 0, 255, 255}, Extreme{true, 127, -128, 255}}) {
    CAPTURE(e.is_signed, e.stored, e.zero_point, e.weight);
    const std::vector<int32_t> w(static_cast<std::size_t>(weight_count(s)), e.weight);
    std::vector<uint8_t> x(static_cast<std::size_t>(input_count(s)),
                           static_cast<uint8_t>(e.stored));
    x[0] = static_cast<uint8_t>(e.zero_point);
    testing::for_each_target([&] {
      simd::IntegerConv conv(s, w.data(), Layout::kChannelsFirst);
      CHECK(run<int32_t>(s, conv, x, e.is_signed, e.zero_point, nullptr, {}) ==
            std::vector<int32_t>(8, 2699 * (e.stored - e.zero_point) * e.weight));
    });
  }
}

TEST_CASE("one packed convolution serves inputs of any size") {
  Case c = kCases[0];
  const auto w = random_values(weight_count(shape_of(c)), -127, 127, 5);
  simd::IntegerConv conv(shape_of(c), w.data(), Layout::kChannelsFirst);
  for (const int64_t size : {9, 4, 20, 9}) {
    c.input = {1, size, size + 1};
    const ConvShape s = shape_of(c);
    const Activation x = random_activation(input_count(s), false, 7, 6);
    CHECK(run<int32_t>(s, conv, x.stored, false, 7, nullptr, {}) ==
          reference(s, x.centered, w, nullptr));
  }
}

TEST_CASE("a convolution does not depend on the number of threads") {
  const ConvShape s = shape_of(kCases[17]);  // many channels
  const auto w = random_values(weight_count(s), -127, 127, 5);
  const Activation x = random_activation(input_count(s), true, 7, 6);
  simd::IntegerConv conv(s, w.data(), Layout::kChannelsFirst);
  set_threads(3);
  const auto y = run<int32_t>(s, conv, x.stored, true, 7, nullptr, {});
  set_threads(1);
  CHECK(y == reference(s, x.centered, w, nullptr));
}

TEST_CASE("requantization follows QLinearConv bit by bit") {
  const ConvShape s = shape_of(kCases[0]);
  const auto w = random_values(weight_count(s), -127, 127, 8);
  const Activation x = random_activation(input_count(s), false, 100, 9);
  const auto acc = reference(s, x.centered, w, nullptr);
  std::vector<float> multiplier;
  for (int64_t m = 0; m < s.out_channels; ++m)
    multiplier.push_back(0.0005f * static_cast<float>(m % 5 + 1));
  std::vector<int8_t> wanted;
  const int64_t pixels = volume(s.window.output);
  for (std::size_t i = 0; i < acc.size(); ++i) {
    const auto m = static_cast<std::size_t>(static_cast<int64_t>(i) / pixels);
    const double q = std::nearbyint(static_cast<float>(acc[i]) * multiplier[m]) - 20;
    wanted.push_back(static_cast<int8_t>(std::clamp(q, -128.0, 127.0)));
  }
  const Requantize<int8_t> rule(multiplier.data(), -20);
  std::vector<int8_t> plain(acc.size());
  requantize(acc.data(), s.batch, s.out_channels, pixels, rule, plain.data());
  CHECK(plain == wanted);
  for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
    const bool is_last = layout == Layout::kChannelsLast;
    simd::IntegerConv conv(s, w.data(), layout);
    CHECK(run<int8_t>(s, conv, is_last ? channels_last(x.stored, s.batch, s.in_channels) : x.stored,
                      false, 100, nullptr,
                      rule) == (is_last ? channels_last(wanted, s.batch, s.out_channels) : wanted));
  }
}

TEST_CASE("oneDNN is exact for bytes whose sums float holds") {
  ConvShape s = shape_of(kCases[0]);
  std::vector<int32_t> w(static_cast<std::size_t>(weight_count(s)), 127);
  CHECK(onednn::has_exact_sums(s, w.data()));
  CHECK(onednn::IntegerConv::is_exact(s, w.data()) == (onednn::is_there() && onednn::has_vnni()));
  w[0] = 128;
  CHECK_FALSE(onednn::has_exact_sums(s, w.data()));
  s = {.window = {.kernel = {1, 1, 1 << 16}}};
  w.assign(std::size_t{1} << 16, 1);
  w[0] = w[1] = 127;
  w[2] = 6;
  CHECK(onednn::has_exact_sums(s, w.data()));  // 255 · 65793 = 2^24 − 1
  w[2] = 7;
  CHECK_FALSE(onednn::has_exact_sums(s, w.data()));
}

}  // namespace
}  // namespace qtool
