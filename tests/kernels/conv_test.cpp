#include "kernels/onednn/conv.h"

#include <catch2/catch_test_macros.hpp>

#include "conv_cases.h"
#include "kernels/onednn/isa.h"
#include "kernels/reference/conv.h"
#include "random_values.h"

namespace qtool {
namespace {

using namespace testing;

// The input element at [n, c, d, h, w], 0 in the padding.
double padded(const std::vector<float>& x, const ConvShape& s, int64_t plane, int64_t d, int64_t h,
              int64_t w) {
  const Window::Sizes& sizes = s.window.input;
  const int64_t depth = sizes[0], height = sizes[1], width = sizes[2];
  if (d < 0 || d >= depth || h < 0 || h >= height || w < 0 || w >= width) return 0;
  return x[static_cast<std::size_t>(((plane * depth + d) * height + h) * width + w)];
}

// One output from ONNX's definition: the sum over the group's channels and the kernel.
double output_at(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& weight,
                 int64_t n, int64_t m, const Window::Sizes& at) {
  const Window& v = s.window;
  const int64_t channels = s.in_channels / s.groups;
  const int64_t first = m / (s.out_channels / s.groups) * channels;
  const auto place = [&](std::size_t axis, int64_t k) {
    return at[axis] * v.stride[axis] - v.pad_begin[axis] + k * v.dilation[axis];
  };
  double sum = 0;
  std::size_t tap = static_cast<std::size_t>(m * channels * volume(v.kernel));
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < v.kernel[0]; ++i)
      for (int64_t j = 0; j < v.kernel[1]; ++j)
        for (int64_t k = 0; k < v.kernel[2]; ++k, ++tap)
          sum += weight[tap] *
                 padded(x, s, n * s.in_channels + first + c, place(0, i), place(1, j), place(2, k));
  return sum;
}

std::vector<float> define_conv(const ConvShape& s, const std::vector<float>& x,
                               const std::vector<float>& w, const std::vector<float>& bias) {
  std::vector<float> y;
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t m = 0; m < s.out_channels; ++m)
      for (int64_t i = 0; i < s.window.output[0]; ++i)
        for (int64_t j = 0; j < s.window.output[1]; ++j)
          for (int64_t k = 0; k < s.window.output[2]; ++k)
            y.push_back(static_cast<float>(output_at(s, x, w, n, m, {i, j, k}) +
                                           bias[static_cast<std::size_t>(m)]));
  return y;
}

// Inputs and the reference kernel's result.
struct Problem {
  explicit Problem(const ConvShape& s)
      : shape(s),
        x(random_values(input_count(s), 1)),
        w(random_values(weight_count(s), 2)),
        bias(random_values(s.out_channels, 3)),
        y(static_cast<std::size_t>(output_count(s))) {
    reference::conv(s, x.data(), w.data(), bias.data(), y.data());
  }
  ConvShape shape;
  std::vector<float> x, w, bias, y;
};

std::vector<float> run_onednn(onednn::Conv& conv, const Problem& p, bool with_bias = true) {
  std::vector<float> y(p.y.size(), NAN);
  conv.run(p.shape, {p.x.data(), p.w.data(), with_bias ? p.bias.data() : nullptr}, y.data());
  return y;
}

// [batch, rows, columns] → [batch, columns, rows]
std::vector<float> transposed(const std::vector<float>& from, int64_t batch, int64_t rows) {
  std::vector<float> to(from.size());
  const int64_t columns = std::ssize(from) / (batch * rows);
  for (int64_t i = 0; i < std::ssize(from); ++i) {
    const int64_t n = i / (rows * columns), r = i / columns % rows, c = i % columns;
    to[static_cast<std::size_t>((n * columns + c) * rows + r)] = from[static_cast<std::size_t>(i)];
  }
  return to;
}

const ConvShape kVolume = {.window = {.rank = 3,
                                      .input = {4, 5, 6},
                                      .kernel = {2, 3, 1},
                                      .output = {4, 3, 3},
                                      .stride = {1, 2, 2},
                                      .dilation = {1, 1, 1},
                                      .pad_begin = {1, 1, 0},
                                      .pad_end = {0, 1, 0}},
                           .batch = 2,
                           .groups = 2,
                           .in_channels = 6,
                           .out_channels = 4};
const ConvShape kSequence = {.window = {.rank = 1,
                                        .input = {1, 1, 20},
                                        .kernel = {1, 1, 5},
                                        .output = {1, 1, 9},
                                        .stride = {1, 1, 2},
                                        .dilation = {1, 1, 1},
                                        .pad_begin = {0, 0, 1},
                                        .pad_end = {0, 0, 1}},
                             .batch = 2,
                             .in_channels = 3,
                             .out_channels = 8};

std::vector<ConvShape> all_shapes() {
  std::vector<ConvShape> shapes = {kVolume, kSequence};
  for (const ConvCase& c : conv_cases()) shapes.push_back(conv_shape(c));
  return shapes;
}

TEST_CASE("reference convolution follows the definition") {
  for (const ConvShape& shape : all_shapes()) {
    const Problem p(shape);
    CAPTURE(shape.in_channels, shape.out_channels, shape.groups, shape.window.rank);
    CHECK(relative_error(p.y, define_conv(shape, p.x, p.w, p.bias)) < 1e-6);
  }
}

TEST_CASE("oneDNN's convolution agrees with the reference") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  for (const ConvShape& shape : all_shapes()) {
    const Problem p(shape);
    CAPTURE(shape.in_channels, shape.out_channels, shape.groups, shape.window.rank);
    onednn::Conv packed(true, {}, Layout::kChannelsFirst);
    onednn::Conv unpacked(false, {}, Layout::kChannelsFirst);
    CHECK(relative_error(run_onednn(packed, p), p.y) < 1e-5);
    CHECK(relative_error(run_onednn(unpacked, p), p.y) < 1e-5);
  }
}

TEST_CASE("oneDNN's convolution without a bias") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  Problem p(conv_shape(conv_cases()[3]));
  reference::conv<float>(p.shape, p.x.data(), p.w.data(), nullptr, p.y.data());
  onednn::Conv conv(true, {}, Layout::kChannelsFirst);
  CHECK(relative_error(run_onednn(conv, p, false), p.y) < 1e-5);
  p = Problem(p.shape);  // the same object with a bias afterwards
  CHECK(relative_error(run_onednn(conv, p, true), p.y) < 1e-5);
}

TEST_CASE("oneDNN's convolution limits its result") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  for (const ClipRange clip : {ClipRange{.low = 0}, ClipRange{0, 0.25F}, ClipRange{-0.5F, 0.5F}}) {
    Problem p(conv_shape(conv_cases()[1]));
    for (float& y : p.y) y = std::clamp(y, clip.low, clip.high);
    onednn::Conv conv(true, clip, Layout::kChannelsFirst);
    CHECK(relative_error(run_onednn(conv, p), p.y) < 1e-5);
  }
}

TEST_CASE("oneDNN's convolution of channels-last images, with a sum and a limit") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  for (const ConvShape& shape : all_shapes()) {
    Problem p(shape);
    CAPTURE(shape.in_channels, shape.out_channels, shape.groups, shape.window.rank);
    const std::vector<float> sum = random_values(output_count(shape), 4);
    for (std::size_t i = 0; i < sum.size(); ++i) p.y[i] = std::max(p.y[i] + sum[i], 0.0F);
    const auto x_last = transposed(p.x, shape.batch, shape.in_channels);
    const auto sum_last = transposed(sum, shape.batch, shape.out_channels);
    std::vector<float> y(p.y.size(), NAN);
    onednn::Conv conv(true, {.low = 0}, Layout::kChannelsLast);
    conv.run(shape, {x_last.data(), p.w.data(), p.bias.data(), sum_last.data()}, y.data());
    const int64_t pixels = volume(shape.window.output);
    CHECK(relative_error(transposed(y, shape.batch, pixels), p.y) < 1e-5);
  }
}

TEST_CASE("oneDNN's convolution serves changing shapes and weights") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  onednn::Conv packed(true, {}, Layout::kChannelsFirst);
  onednn::Conv unpacked(false, {}, Layout::kChannelsFirst);
  ConvShape shape = conv_shape(conv_cases()[2]);
  // More batch sizes than are kept, and back to the first.
  for (int64_t i = 0; i < 40; ++i) {
    shape.batch = 1 + i % 20;
    Problem p(shape);
    CHECK(relative_error(run_onednn(packed, p), p.y) < 1e-5);
    for (float& w : p.w) w *= static_cast<float>(i + 2);
    reference::conv(shape, p.x.data(), p.w.data(), p.bias.data(), p.y.data());
    CHECK(relative_error(run_onednn(unpacked, p), p.y) < 1e-5);
  }
}

// A transposed convolution spreads every input over the outputs that its window covers.
TEST_CASE("reference transposed convolution follows the definition") {
  for (const ConvShape& s : all_shapes()) {
    const std::vector<float> x = random_values(output_count(s), 4);
    const std::vector<float> w = random_values(weight_count(s), 5);
    std::vector<float> y(static_cast<std::size_t>(input_count(s)));
    reference::conv_transpose<float>(s, x.data(), w.data(), nullptr, y.data());
    // <conv(u), x> = <u, conv_transpose(x)> for every u: the two are adjoint.
    for (unsigned seed = 10; seed < 13; ++seed) {
      const std::vector<float> u = random_values(input_count(s), seed);
      const std::vector<float> forward =
          define_conv(s, u, w, std::vector<float>(static_cast<std::size_t>(s.out_channels), 0.0F));
      double left = 0;
      double right = 0;
      double scale = 0;
      for (std::size_t i = 0; i < x.size(); ++i) left += double{forward[i]} * x[i];
      for (std::size_t i = 0; i < y.size(); ++i) right += double{u[i]} * y[i];
      for (std::size_t i = 0; i < y.size(); ++i) scale += std::abs(double{u[i]} * y[i]);
      CHECK(std::abs(left - right) < 1e-5 * scale);
    }
  }
}

}  // namespace
}  // namespace qtool
