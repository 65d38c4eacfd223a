#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <complex>
#include <numbers>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

// Σ_n x[n] · exp(-2πi · k · n / N) for each k < `count`, of N numbers that begin with x.
Tensor define_dft(const std::vector<std::complex<double>>& x, int64_t n, int64_t count) {
  std::vector<float> parts;
  for (int64_t k = 0; k < count; ++k) {
    std::complex<double> sum = 0;
    for (int64_t i = 0; i < std::min<int64_t>(n, std::ssize(x)); ++i)
      sum += x[static_cast<std::size_t>(i)] *
             std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * i % n) /
                                 static_cast<double>(n));
    parts.push_back(static_cast<float>(sum.real()));
    parts.push_back(static_cast<float>(sum.imag()));
  }
  return floats({1, count, 2}, parts);
}

std::vector<std::complex<double>> numbers(const Tensor& x) {
  const int64_t parts = x.shape().back();
  std::vector<std::complex<double>> result;
  for (int64_t i = 0; i < x.size(); i += parts)
    result.emplace_back(x.data<float>()[i], parts == 2 ? x.data<float>()[i + 1] : 0);
  return result;
}

TEST_CASE("DFT of any length follows the definition and has an inverse") {
  for (const int64_t n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 30, 49, 64, 97, 210}) {
    CAPTURE(n);
    const Tensor x = random_floats({1, n, 2}, static_cast<unsigned>(n));
    const Tensor y = OpRun("DFT", 20).input(x).result();
    CHECK(relative_error(y, define_dft(numbers(x), n, n)) < 1e-5);
    const Tensor back = OpRun("DFT", 17).attribute("inverse", int64_t{1}).input(y).result();
    CHECK(relative_error(back, x) < 1e-5);
  }
}

TEST_CASE("DFT of real numbers, whole and one-sided, shortened and padded") {
  const Tensor x = random_floats({1, 10, 1}, 1);
  for (const int64_t length : {7, 10, 16}) {
    CAPTURE(length);
    OpRun run("DFT", 20);
    run.input(x).input(Tensor::scalar<int64_t>(length));
    CHECK(relative_error(OpRun(run).result(), define_dft(numbers(x), length, length)) < 1e-5);
    const Tensor half = OpRun(run).attribute("onesided", int64_t{1}).result();
    CHECK(relative_error(half, define_dft(numbers(x), length, length / 2 + 1)) < 1e-5);
    // Back from half a spectrum to real numbers.
    OpRun inverse("DFT", 20);
    inverse.attribute("onesided", int64_t{1}).attribute("inverse", int64_t{1}).input(half);
    if (length % 2 != 0) inverse.input(Tensor::scalar<int32_t>(7));
    std::vector<float> expected = x.to_vector<float>();
    expected.resize(static_cast<std::size_t>(length), 0);
    CHECK(relative_error(inverse.result(), floats({1, length, 1}, expected)) < 1e-5);
  }
}

TEST_CASE("DFT along any axis but the last") {
  const Tensor x = random_floats({3, 4, 5, 1}, 1);
  const auto along = [&](int64_t axis) {
    return OpRun("DFT", 20).input(x).left_out().input(Tensor::scalar<int64_t>(axis));
  };
  CHECK(along(-2).result() == along(2).result());
  CHECK(OpRun("DFT", 20).input(x).result() == along(2).result());
  CHECK(OpRun("DFT", 17).input(x).result() == along(1).result());
  const Tensor first = along(0).result();
  REQUIRE(first.shape() == Shape{3, 4, 5, 2});
  for (int64_t i = 0; i < 20; ++i)  // element 0 is the sum
    CHECK(std::abs(first.data<float>()[2 * i] - (x.data<float>()[i] + x.data<float>()[20 + i] +
                                                 x.data<float>()[40 + i])) < 1e-5F);
  CHECK_THAT(along(3).error(), ContainsSubstring("last axis"));
  CHECK_THAT(along(4).error(), ContainsSubstring("axis 4"));
}

TEST_CASE("DFT tells what it cannot transform") {
  const auto error = [](Shape shape, int64_t one_sided, int64_t length) {
    return OpRun("DFT", 20)
        .attribute("onesided", one_sided)
        .input(random_floats(std::move(shape), 1))
        .input(Tensor::scalar<int64_t>(length))
        .error();
  };
  CHECK_THAT(error({1, 4, 3}, 0, 4), ContainsSubstring("1 or 2 elements"));
  CHECK_THAT(error({4}, 0, 4),
             ContainsSubstring("1 or 2 elements") || ContainsSubstring("axis -2"));
  CHECK_THAT(error({1, 4, 2}, 1, 4), ContainsSubstring("one-sided"));
  CHECK_THAT(error({1, 4, 1}, 0, 0), ContainsSubstring("length 0"));
  CHECK_THAT(error({1, 4, 1}, 0, int64_t{1} << 60), ContainsSubstring("too many elements"));
}

TEST_CASE("STFT is the DFT of each frame, weighted") {
  const Tensor x = random_floats({2, 11, 1}, 1);
  const Tensor window = floats({4}, {0.5F, 1, 1, 0.25F});
  const Tensor y = OpRun("STFT")
                       .attribute("onesided", int64_t{0})
                       .input(x)
                       .input(Tensor::scalar<int64_t>(3))
                       .input(window)
                       .result();
  REQUIRE(y.shape() == Shape{2, 3, 4, 2});
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t f = 0; f < 3; ++f) {
      std::vector<std::complex<double>> frame;
      for (int64_t i = 0; i < 4; ++i)
        frame.emplace_back(x.data<float>()[n * 11 + f * 3 + i] * window.data<float>()[i]);
      const float* from = y.data<float>() + (n * 3 + f) * 8;
      CHECK(relative_error(floats({1, 4, 2}, {from, from + 8}), define_dft(frame, 4, 4)) < 1e-5);
    }
}

TEST_CASE("STFT knows the length of its frames") {
  const auto run = [](std::optional<int64_t> window, std::optional<int64_t> length, int64_t step) {
    OpRun op("STFT");
    op.input(random_floats({1, 8, 1}, 1)).input(Tensor::scalar<int64_t>(step));
    window ? op.input(random_floats({*window}, 2)) : op.left_out();
    if (length) op.input(Tensor::scalar<int64_t>(*length));
    return op;
  };
  CHECK(run({}, {}, 1).result().shape() == Shape{1, 1, 5, 2});
  CHECK(run({}, 3, 1).result().shape() == Shape{1, 6, 2, 2});
  CHECK(run(6, 6, 2).result().shape() == Shape{1, 2, 4, 2});
  CHECK_THAT(run(6, 4, 2).error(), ContainsSubstring("frame_length"));
  CHECK_THAT(run({}, 9, 1).error(), ContainsSubstring("do not fit"));
  CHECK_THAT(run({}, 4, 0).error(), ContainsSubstring("do not fit"));
}

TEST_CASE("the bands of a MelWeightMatrix are triangles") {
  const auto matrix = [](double upper, int64_t type) {
    return OpRun("MelWeightMatrix")
        .attribute("output_datatype", type)
        .input(Tensor::scalar<int32_t>(5))
        .input(Tensor::scalar<int64_t>(64))
        .input(Tensor::scalar<int64_t>(8000))
        .input(Tensor::scalar<float>(0))
        .input(Tensor::scalar<double>(upper));
  };
  const Tensor y = matrix(4000, 1).result();
  REQUIRE(y.shape() == Shape{33, 5});
  for (int64_t band = 0; band < 5; ++band) {
    // Up to a height of 1, and down again.
    float largest = 0;
    int turns = 0;
    for (int64_t i = 1; i < 33; ++i) {
      const float rise = y.data<float>()[i * 5 + band] - y.data<float>()[(i - 1) * 5 + band];
      largest = std::max(largest, y.data<float>()[i * 5 + band]);
      turns += rise < 0 && largest < 1;
    }
    CHECK(largest == 1);
    CHECK(turns == 0);
  }
  CHECK(matrix(4000, 7).result().dtype() == DType::kInt64);
  CHECK(matrix(1e9, 1).result().shape() == Shape{33, 5});  // bands beyond the spectrum are empty
  CHECK_THAT(matrix(-1, 1).error(), ContainsSubstring("not possible"));
  CHECK_THAT(matrix(4000, 8).error(), ContainsSubstring("not supported"));
}

}  // namespace
}  // namespace qtool
