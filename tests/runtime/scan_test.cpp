#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "ir/text.h"
#include "runtime/executor.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

// Running sums of the columns of x from the last to the first; the first sum stands last.
constexpr const char* kColumns = R"(
model ir 8 opset 16
graph sums
input x: float32[2, n]
const start: float32[2] = 0
total, all: float32[2, n] = Scan(start, x) {num_scan_inputs=1, scan_input_axes=[-1], scan_input_directions=[1], scan_output_axes=[1], scan_output_directions=[1], body=graph body {
    input sum: float32[2]
    input column: float32[2]
    next: float32[2] = Add(sum, column) "add"
    copy: float32[2] = Identity(next) "copy"
    output next: float32[2]
    output copy: float32[2]
  }} "scan"
output total: float32[2]
output all: float32[2, n]
)";

TEST_CASE("Scan along any axis, backward, and over nothing") {
  const Executor executor(parse_text(kColumns));
  auto y = executor.run({{"x", Tensor::of<float>({2, 3}, {1, 2, 3, 10, 20, 30})}});
  CHECK(y.at("total") == Tensor::of<float>({2}, {6, 60}));
  CHECK(y.at("all") == Tensor::of<float>({2, 3}, {6, 5, 3, 60, 50, 30}));
  y = executor.run({{"x", Tensor::of<float>({2, 0}, {})}});
  CHECK(y.at("total") == Tensor::of<float>({2}, {0, 0}));
  CHECK(y.at("all") == Tensor::of<float>({2, 0}, {}));
}

// The form of opset 8: a batch of sequences of their own lengths.
constexpr const char* kBatch = R"(
model ir 8 opset 8
graph sums
input lengths: int64[2]
input start: float32[2, 1]
input x: float32[2, 3, 1]
total, all: float32[2, 3, 1] = Scan(lengths, start, x) {num_scan_inputs=1, body=graph body {
    input sum: float32[1]
    input value: float32[1]
    next: float32[1] = Add(sum, value) "add"
    copy: float32[1] = Identity(next) "copy"
    output next: float32[1]
    output copy: float32[1]
  }} "scan"
output total: float32[2, 1]
output all: float32[2, 3, 1]
)";

TEST_CASE("Scan of opset 8 stops at each sequence's end") {
  const Executor executor(parse_text(kBatch));
  const auto run = [&](int64_t first, int64_t second) {
    return executor.run({{"lengths", Tensor::of<int64_t>({2}, {first, second})},
                         {"start", Tensor::of<float>({2, 1}, {100, 200})},
                         {"x", Tensor::of<float>({2, 3, 1}, {1, 2, 3, 4, 5, 6})}});
  };
  CHECK(run(3, 1).at("total") == Tensor::of<float>({2, 1}, {106, 204}));
  CHECK(run(3, 1).at("all") == Tensor::of<float>({2, 3, 1}, {101, 103, 106, 204, 0, 0}));
  CHECK(run(0, 0).at("total") == Tensor::of<float>({2, 1}, {100, 200}));
  CHECK_THAT(error_of([&] { run(4, 0); }), ContainsSubstring("sequence length 4 of 3"));
}

}  // namespace
}  // namespace qtool
