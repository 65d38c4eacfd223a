#include "kernels/simd/depthwise.h"

#include <cmath>
#include <cstring>

#include "kernels/conv_cases.h"
#include "kernels/random_values.h"
#include "kernels/reference/qconv.h"
#include "kernels/requantize.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

// Integers of [low, high], both of which occur often.
std::vector<int32_t> random_integers(int64_t count, unsigned seed, int32_t low, int32_t high) {
  std::mt19937 generator(seed);
  std::vector<int32_t> values(static_cast<std::size_t>(count));
  for (int32_t& value : values) {
    const auto number = static_cast<int32_t>(generator() % static_cast<uint32_t>(2 * (high - low)));
    value = number <= high - low ? low + number : number % 2 == 0 ? low : high;
  }
  return values;
}

template <class T>
std::vector<T> channels_last(const std::vector<int32_t>& x, int64_t batch, int64_t channels) {
  std::vector<T> y(x.size());
  const int64_t pixels = static_cast<int64_t>(x.size()) / batch / channels;
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p)
        y[static_cast<std::size_t>((n * pixels + p) * channels + c)] =
            static_cast<T>(x[static_cast<std::size_t>((n * channels + c) * pixels + p)]);
  return y;
}

// The reference's sums, requantized in channels-last order.
template <class Y>
std::vector<Y> expected(const ConvShape& s, const std::vector<int32_t>& x,
                        const std::vector<int32_t>& w, const simd::DepthwiseOutput& output) {
  std::vector<int32_t> acc(static_cast<std::size_t>(output_count(s)));
  reference::integer_conv(s, x.data(), w.data(), output.bias, acc.data());
  acc = channels_last<int32_t>(acc, s.batch, s.out_channels);
  std::vector<Y> y(acc.size());
  const auto rule = [&] {
    if constexpr (std::is_same_v<Y, int32_t>)
      return Requantize<Y>();
    else
      return Requantize<Y>(output.multiplier, output.zero_point);
  };
  requantize(acc.data(), s.batch * volume(s.window.output), s.out_channels, 1, rule(), y.data());
  return y;
}

template <class X, class Y>
void check_conv(const ConvShape& s, int32_t weight_limit) {
  using Limits = std::numeric_limits<X>;
  const int32_t zero = Limits::min() + 100;
  const std::vector<int32_t> x = random_integers(input_count(s), 1, Limits::min(), Limits::max());
  const std::vector<int32_t> w =
      random_integers(weight_count(s), 2, -weight_limit, weight_limit - 1);
  const std::vector<int32_t> bias = random_integers(s.out_channels, 3, -100000, 100000);
  std::vector<float> multiplier = random_values(s.out_channels, 4);
  for (float& m : multiplier) m *= 0.004F;
  multiplier[0] = INFINITY;
  if (multiplier.size() > 1) multiplier[1] = NAN;
  const simd::DepthwiseOutput output = {bias.data(), multiplier.data(), 3};
  std::vector<int32_t> centered = x;
  for (int32_t& value : centered) value -= zero;

  const simd::DepthwiseConv conv(s.out_channels, volume(s.window.kernel), w.data());
  std::vector<Y> y(static_cast<std::size_t>(output_count(s)));
  conv.run(s.window, s.batch, channels_last<X>(x, s.batch, s.in_channels).data(), zero, output,
           y.data());
  const std::vector<Y> right = expected<Y>(s, centered, w, output);
  CHECK(std::memcmp(y.data(), right.data(), y.size() * sizeof(Y)) == 0);
}

std::vector<ConvShape> depthwise_shapes() {
  std::vector<ConvShape> shapes;
  for (const int64_t channels : {1, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 144, 200}) {
    const auto c = channels;
    shapes.push_back(conv_shape({1, c, c, c, 7, 3, 1, 1, 1, 1}));
    shapes.push_back(conv_shape({2, c, c, c, 8, 3, 2, 1, 0, 1}));
  }
  for (const ConvCase& c : conv_cases())
    if (c.pad_begin < c.kernel)
      shapes.push_back(conv_shape(
          {c.batch, 40, 40, 40, c.width, c.kernel, c.stride, c.dilation, c.pad_begin, c.pad_end}));
  shapes.push_back(conv_shape({1, 32, 32, 32, 3, 7, 1, 1, 3, 3}));  // wider than the input
  return shapes;
}

}  // namespace

TEST_CASE("a depthwise convolution of bytes is the reference's") {
  for_each_target([] {
    for (const ConvShape& shape : depthwise_shapes()) {
      check_conv<uint8_t, uint8_t>(shape, 128);
      check_conv<int8_t, int8_t>(shape, 128);
      check_conv<uint8_t, int8_t>(shape, 255);
      check_conv<int8_t, float>(shape, 128);
      check_conv<uint8_t, int32_t>(shape, 255);
    }
  });
}

TEST_CASE("the largest sums of bytes are exact") {
  constexpr int64_t kChannels = 32;
  const Window window = {.rank = 1, .input = {1, 1, 40}, .kernel = {1, 1, 1}, .output = {1, 1, 1}};
  for_each_target([&] {
    for (const int64_t taps : {9, 10, 16, 17, 40})
      for (const int32_t w : {-128, -8, 7, 8, 120, 127}) {
        Window row = window;
        row.kernel[2] = taps;
        row.output[2] = 41 - taps;
        const std::vector<int32_t> weight(static_cast<std::size_t>(kChannels * taps), w);
        const std::vector<uint8_t> x(static_cast<std::size_t>(kChannels * 40), 255);
        std::vector<int32_t> y(static_cast<std::size_t>(kChannels * row.output[2]));
        const simd::DepthwiseConv conv(kChannels, taps, weight.data());
        conv.run(row, 1, x.data(), 0, {}, y.data());
        const auto sum = static_cast<int32_t>(taps) * 255 * w;
        CHECK(y == std::vector<int32_t>(y.size(), sum));
      }
  });
}

TEST_CASE("numbers beyond int32 become the ends of bytes") {
  constexpr int64_t kChannels = 32;
  const Window window = {.rank = 1, .input = {1, 1, 1}, .kernel = {1, 1, 1}, .output = {1, 1, 1}};
  const std::vector<int32_t> weight(kChannels, 127);
  const std::vector<float> multiplier(kChannels, 1e9F);
  for_each_target([&] {
    const simd::DepthwiseConv conv(kChannels, 1, weight.data());
    for (const uint8_t value : {0, 255}) {
      const std::vector<uint8_t> x(kChannels, value);
      std::vector<uint8_t> y(kChannels);
      conv.run(window, 1, x.data(), 100, {nullptr, multiplier.data(), 3}, y.data());
      CHECK(y == x);
    }
  });
}

TEST_CASE("a depthwise convolution of three axes is the reference's") {
  const ConvShape shape = {.window = {.rank = 3,
                                      .input = {4, 5, 6},
                                      .kernel = {2, 3, 3},
                                      .output = {3, 3, 6},
                                      .stride = {1, 2, 1},
                                      .pad_begin = {0, 1, 1},
                                      .pad_end = {0, 1, 1}},
                           .batch = 2,
                           .groups = 24,
                           .in_channels = 24,
                           .out_channels = 24};
  for_each_target([&] { check_conv<uint8_t, uint8_t>(shape, 128); });
}

}  // namespace qtool
