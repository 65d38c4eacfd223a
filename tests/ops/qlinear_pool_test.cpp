#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "op_run.h"
#include "quantized_values.h"

namespace qtool {
namespace {

using namespace testing;
using Ints = std::vector<int64_t>;
constexpr char kDomain[] = "com.microsoft";
constexpr float kXScale = 0.21f;
constexpr float kYScale = 0.13073f;  // makes no mean lie right between two steps

// Bytes [n, c, h, w] as [n, h, w, c], or back.
Tensor moved(const Tensor& x, bool to_last) {
  const Shape& s = x.shape();
  const Shape shape = to_last ? Shape{s[0], s[2], s[3], s[1]} : Shape{s[0], s[3], s[1], s[2]};
  Tensor y(x.dtype(), shape);
  const int64_t channels = to_last ? s[1] : s[3];
  const int64_t pixels = x.size() / (s[0] * channels);
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p) {
        const int64_t first = (n * channels + c) * pixels + p;
        const int64_t last = (n * pixels + p) * channels + c;
        static_cast<uint8_t*>(y.mutable_raw())[to_last ? last : first] =
            static_cast<const uint8_t*>(x.raw())[to_last ? first : last];
      }
  return y;
}

struct Pool {
  Ints kernel, strides, pads;
  bool count_padding = false;
};

// The mean of each window of x [n, c, h, w] in steps of y's scale, in double.
std::vector<double> averages(const Tensor& x, const Pool& pool, int x_zero) {
  const auto values = to_int64s(x);
  const Shape& s = x.shape();
  const auto outputs = [&](std::size_t i) {
    return (s[2 + i] + pool.pads[i] + pool.pads[2 + i] - pool.kernel[i]) / pool.strides[i] + 1;
  };
  std::vector<double> result;
  for (int64_t plane = 0; plane < s[0] * s[1]; ++plane)
    for (int64_t i = 0; i < outputs(0); ++i)
      for (int64_t j = 0; j < outputs(1); ++j) {
        double sum = 0;
        int64_t count = 0;
        for (int64_t p = 0; p < pool.kernel[0] * pool.kernel[1]; ++p) {
          const int64_t row = i * pool.strides[0] + p / pool.kernel[1] - pool.pads[0];
          const int64_t column = j * pool.strides[1] + p % pool.kernel[1] - pool.pads[1];
          const bool inside = row >= 0 && row < s[2] && column >= 0 && column < s[3];
          if (inside || pool.count_padding) ++count;
          if (inside)
            sum += static_cast<double>(
                values[static_cast<std::size_t>((plane * s[2] + row) * s[3] + column)] - x_zero);
        }
        const double mean = sum / static_cast<double>(count) * static_cast<double>(kXScale);
        result.push_back(mean / static_cast<double>(kYScale));
      }
  return result;
}

OpRun pool_run(const char* op_type, const Tensor& x, int x_zero, int y_zero) {
  OpRun run(op_type, 17, kDomain);
  run.input(x).constant(Tensor::scalar(kXScale)).constant(byte(x.dtype(), x_zero));
  run.constant(Tensor::scalar(kYScale)).constant(byte(x.dtype(), y_zero));
  return run;
}

TEST_CASE("QLinearAveragePool averages what ONNX's windows see, in both layouts") {
  for (const Pool& pool : std::vector<Pool>{{{2, 2}, {1, 1}, {0, 0, 0, 0}},
                                            {{3, 3}, {2, 2}, {1, 1, 1, 1}},
                                            {{3, 2}, {1, 2}, {1, 0, 0, 1}, true}})
    for (const DType dtype : {DType::kUInt8, DType::kInt8}) {
      const Tensor x = random_bytes(dtype, {2, 3, 7, 6}, 1);
      const int x_zero = dtype == DType::kUInt8 ? 90 : -30;
      const auto run = [&](const Tensor& input, bool last) {
        OpRun node = pool_run("QLinearAveragePool", input, x_zero, 7);
        node.attribute("kernel_shape", pool.kernel).attribute("strides", pool.strides);
        node.attribute("pads", pool.pads).attribute("channels_last", int64_t{last});
        node.attribute("count_include_pad", int64_t{pool.count_padding});
        return node.result();
      };
      const Tensor first = run(x, false);
      check_quantized(first, averages(x, pool, x_zero), 7);
      CHECK(moved(run(moved(x, true), true), false) == first);
    }
}

TEST_CASE("QLinearGlobalAveragePool averages each channel, in both layouts") {
  for (const DType dtype : {DType::kUInt8, DType::kInt8}) {
    const Tensor x = random_bytes(dtype, {2, 5, 7, 9}, 1);
    const Tensor y = pool_run("QLinearGlobalAveragePool", x, 5, 3).result();
    CHECK(y.shape() == Shape{2, 5, 1, 1});
    check_quantized(y, averages(x, {{7, 9}, {1, 1}, {0, 0, 0, 0}}, 5), 3);
    OpRun last = pool_run("QLinearGlobalAveragePool", moved(x, true), 5, 3);
    last.attribute("channels_last", int64_t{1});
    CHECK(last.result() == y.reshaped({2, 1, 1, 5}));
  }
}

TEST_CASE("a global average refuses an input without pixels") {
  CHECK_FALSE(pool_run("QLinearGlobalAveragePool", Tensor(DType::kInt8, {1, 2, 0, 3}), 0, 0)
                  .error()
                  .empty());
}

}  // namespace
}  // namespace qtool
