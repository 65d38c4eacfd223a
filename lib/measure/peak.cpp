#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "ir/text.h"
#include "measure/measure.h"

namespace qtool {
namespace {

constexpr int64_t kSize = 768;  // of the square matrices
constexpr int kRuns = 10;

double fastest(std::string_view op_type, DType left, DType right) {
  const Executor executor(
      parse_text(fmt::format("model ir 8 opset 13\ngraph peak\n"
                             "input a: {1}[{0}, {0}]\n"
                             "const b: {2}[{0}, {0}] = 1\n"
                             "y = {3}(a, b)\n"
                             "output y\n",
                             kSize, name(left), name(right), op_type)));
  Tensor a(left, {kSize, kSize});
  std::fill_n(static_cast<std::byte*>(a.mutable_raw()), a.bytes(), std::byte{1});
  double seconds = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    executor.run({{"a", a}});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds = std::min(seconds, elapsed.count());
  }
  return 2.0 * kSize * kSize * kSize / seconds;
}

}  // namespace

Peak measure_peak() {
  return {fastest("MatMul", DType::kFloat32, DType::kFloat32),
          fastest("MatMulInteger", DType::kUInt8, DType::kInt8)};
}

}  // namespace qtool
