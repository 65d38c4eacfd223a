#include "advise/reasons.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <numeric>

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

Trial trial(const std::string& name, Mode mode, double size, double latency) {
  Trial made{.candidate = {.name = name, .quant = {.mode = mode}}};
  made.size_ratio = size;
  made.figures.latency_ratio = Estimate{latency, latency, latency};
  made.figures.scores = {{"top1", "top-1", 0.9}};
  return made;
}

std::string told(const SearchResult& result) {
  BenchResult float_figures;
  float_figures.latency.median.median = 10;  // ms
  float_figures.scores = {{"top1", "top-1", 0.91}};
  const ModelFacts facts{.operations = 2e6, .convolutions = 0.75, .products = 0.25};
  const std::vector<std::string> lines = reasons(facts, float_figures, result);
  return std::accumulate(lines.begin(), lines.end(), std::string(),
                         [](const auto& text, const auto& line) { return text + line + "\n"; });
}

}  // namespace

TEST_CASE("what is recommended, what kind of model it is, and what others would cost") {
  SearchResult result{{trial("static, mse", Mode::kStatic, 0.28, 0.5),
                       trial("dynamic", Mode::kDynamic, 0.26, 0.8)}};
  result.trials[0].candidate =
      with_mode(result.trials[0].candidate, {"/head", "/stem"}, Mode::kFloat, "2 nodes float");
  const std::string text = told(result);
  CHECK_THAT(text, ContainsSubstring("recommended: static, mse; 2 nodes float"));
  CHECK_THAT(text, ContainsSubstring(
                       "0.28 of the float size, 2.00 times as fast, top-1 90.00 %, float 91.00 %"));
  CHECK_THAT(text,
             ContainsSubstring(
                 "2 million operations a run of 1 sample: 75 % in convolutions, 25 % in products"));
  // 0.8 and 0.5 of 10 ms.
  CHECK_THAT(text,
             ContainsSubstring("'dynamic', finding ranges while it runs, would take 3 ms more"));
  CHECK_THAT(text, ContainsSubstring(
                       "float, because the bounds or the latency are better so: /head, /stem"));
}

TEST_CASE("what speaks against it") {
  SearchResult slow{{trial("weights only", Mode::kWeightOnly, 0.3, 1.5)}};
  slow.trials[0].gates = {{"max-ratio", "m", "x", true, 0.25, {0.3, 0.3, 0.3}, Verdict::kNotMet}};
  slow.failures = {{"dynamic", "no form"}, {"float16", "no form"}};
  const std::string text = told(slow);
  CHECK_THAT(text, ContainsSubstring("1.50 times as slow"));
  CHECK_THAT(text, ContainsSubstring("take it for its size alone"));
  CHECK_THAT(text,
             ContainsSubstring("keeps all bounds; this one's max-ratio is 0.3 x, wanted <= 0.25"));
  CHECK_THAT(text, ContainsSubstring("not tried: 'dynamic', 'float16': no form"));
  CHECK_THAT(told({{trial("float16", Mode::kFloat16, 1.2, 1.5)}}),
             ContainsSubstring("leave the model as it is"));
}
