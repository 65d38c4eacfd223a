#include "measure/gates.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

OutputError error(float value) {
  ErrorMeter meter;
  meter.add(Tensor::of<float>({2}, {3, 4}), Tensor::of<float>({2}, {3, value}));
  return {.sqnr_db = meter.sqnr_db()};
}

// A model of 1000 bytes, 80 % right, 4 ms, and one of 300 bytes, 79.5 %, 20 dB, 2 ms.
std::vector<BenchResult> two_models() {
  BenchResult first;
  first.path = "a.onnx";
  first.size_bytes = 1000;
  first.scores = {{"top1", "top-1", 0.8}};
  first.latency.median = {4, 3.9, 4.1};
  BenchResult second = first;
  second.path = "b.onnx";
  second.size_bytes = 300;
  second.scores[0].value = 0.795;
  second.latency.median = {2, 1.9, 2.2};
  second.latency_ratio = {0.5, 0.4, 0.625};
  second.outputs["y"] = error(3.5F);
  return {first, second};
}

Verdict verdict(const GateBounds& bounds) {
  const std::vector<GateResult> gates = judge_gates(bounds, two_models());
  REQUIRE(gates.size() == 1);
  CHECK(gates[0].model == "b.onnx");
  return gates[0].verdict;
}

}  // namespace

TEST_CASE("each gate on both sides of its bound") {
  CHECK(verdict({.max_accuracy_drop = 0.51}) == Verdict::kMet);
  CHECK(verdict({.max_accuracy_drop = 0.49}) == Verdict::kNotMet);
  CHECK(verdict({.min_sqnr = 19.9}) == Verdict::kMet);
  CHECK(verdict({.min_sqnr = 20.1}) == Verdict::kNotMet);
  CHECK(verdict({.max_size = 300}) == Verdict::kMet);
  CHECK(verdict({.max_size = 299}) == Verdict::kNotMet);
  CHECK(verdict({.max_ratio = 0.3}) == Verdict::kMet);
  CHECK(verdict({.max_ratio = 0.29}) == Verdict::kNotMet);
}

TEST_CASE("what noise leaves open is undecided") {
  CHECK(verdict({.min_speedup = 1.6}) == Verdict::kMet);
  CHECK(verdict({.min_speedup = 2.0}) == Verdict::kUndecided);
  CHECK(verdict({.min_speedup = 2.6}) == Verdict::kNotMet);
  CHECK(verdict({.max_latency = 2.2}) == Verdict::kMet);
  CHECK(verdict({.max_latency = 2.1}) == Verdict::kUndecided);
  CHECK(verdict({.max_latency = 1.8}) == Verdict::kNotMet);
}

TEST_CASE("a score that falls by growing, and one that is no share") {
  std::vector<BenchResult> results = two_models();
  for (BenchResult& result : results) {
    result.scores[0].higher_is_better = false;
    result.scores[0].is_share = false;
  }
  results[1].scores[0].value = 1.0;  // 0.2 worse
  CHECK(judge_gates({.max_accuracy_drop = 0.25}, results)[0].verdict == Verdict::kMet);
  CHECK(judge_gates({.max_accuracy_drop = 0.15}, results)[0].verdict == Verdict::kNotMet);
}

TEST_CASE("NaN meets no bound, and the worst output counts") {
  std::vector<BenchResult> results = two_models();
  results[1].outputs["z"] = error(std::numeric_limits<float>::quiet_NaN());
  CHECK(judge_gates({.min_sqnr = -100}, results)[0].verdict == Verdict::kNotMet);
  results[1].outputs["z"] = error(0);  // 10 log10(25 / 16) = 1.9 dB
  CHECK(judge_gates({.min_sqnr = 19}, results)[0].verdict == Verdict::kNotMet);
}

TEST_CASE("a model alone is judged by what compares with nothing") {
  std::vector<BenchResult> results = two_models();
  results.pop_back();
  const auto gates = judge_gates({.max_latency = 5, .max_ratio = 0.3}, results);
  REQUIRE(gates.size() == 1);
  CHECK(gates[0].gate == "max-latency");
  CHECK(gates[0].verdict == Verdict::kMet);
}

TEST_CASE("a bound on what was not measured is an error") {
  std::vector<BenchResult> results = two_models();
  results[0].scores.clear();
  results[1].scores.clear();
  results[1].outputs.clear();
  CHECK_THAT(error_of([&] { judge_gates({.max_accuracy_drop = 1}, results); }),
             ContainsSubstring("--max-accuracy-drop"));
  CHECK_THAT(error_of([&] { judge_gates({.min_sqnr = 1}, results); }),
             ContainsSubstring("no float output"));
}
