#include "report/bench_report.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "report/baseline.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

BenchRun two_models() {
  BenchRun run{.results = std::vector<BenchResult>(2), .samples = 10};
  for (BenchResult& result : run.results) {
    result.size_bytes = 2048;
    result.scores = {{"top1", "top-1", 0.9}};
    result.latency = {{4, 3.5, 4.5}, 5, 6, 3, 20};
  }
  run.results[0].path = "a.onnx";
  run.results[1].path = "b|<&\".onnx";
  run.results[1].size_bytes = 512;
  run.results[1].latency_ratio = {0.5, 0.4, 0.625};
  const std::string& path = run.results[1].path;
  run.gates = {{"max-ratio", path, "x", true, 0.3, {0.25, 0.25, 0.25}, Verdict::kMet},
               {"min-speedup", path, "x", false, 2, {2, 1.6, 2.5}, Verdict::kUndecided},
               {"max-accuracy-drop", path, "points", true, 0.1, {1, 1, 1}, Verdict::kNotMet}};
  return run;
}

}  // namespace

TEST_CASE("the text shows figures, noise and gates, and no column without a figure") {
  const std::string text = bench_text(two_models());
  CHECK_THAT(text, ContainsSubstring("4.00x") && ContainsSubstring("90.00 %"));
  CHECK_THAT(text, ContainsSubstring("2.00x  1.60-2.50x"));
  CHECK_THAT(text, ContainsSubstring("10 samples; latency over 20 rounds, 1 thread"));
  CHECK_THAT(text, ContainsSubstring("too noisy to tell: b|<&\".onnx is 1.60 to 2.50 times as fast"));
  CHECK_THAT(text, ContainsSubstring(">= 2 x") && ContainsSubstring("2 (1.6 to 2.5)") &&
                       ContainsSubstring("undecided"));
  CHECK_THAT(text, !ContainsSubstring("SQNR") && !ContainsSubstring("peak MB") &&
                       !ContainsSubstring("samples/s"));
}

TEST_CASE("Markdown and XML escape what names may hold") {
  CHECK_THAT(bench_markdown(two_models()), ContainsSubstring("b\\|<&\".onnx"));
  const std::string xml = bench_junit(two_models());
  CHECK_THAT(xml, ContainsSubstring("tests=\"3\" failures=\"1\" errors=\"1\""));
  CHECK_THAT(xml, ContainsSubstring("classname=\"b|&lt;&amp;&quot;.onnx\" name=\"max-ratio\"/>"));
  CHECK_THAT(xml, ContainsSubstring("<failure message=\"not met: 1, wanted &lt;= 0.1 points\"/>"));
  CHECK_THAT(xml,
             ContainsSubstring("<error message=\"undecided: 2 (1.6 to 2.5), wanted &gt;= 2 x\"/>"));
}

TEST_CASE("a baseline shows what changed of the same model") {
  const BenchRun now = two_models();
  BenchRun then = now;
  then.results[1].size_bytes = 1024;
  then.results[1].scores[0].value = 0.95;
  const Json json = parse_json(bench_json(then));
  const std::string text = to_text(baseline_table(json, now));
  CHECK_THAT(text, ContainsSubstring("size KB             1.0     0.5  -50.0 %"));
  CHECK_THAT(text, ContainsSubstring("0.9500 0.9000 -0.0500") ||
                       ContainsSubstring("0.9500  0.9000  -0.0500"));
  BenchRun other = now;
  for (BenchResult& result : other.results) result.path += "x";
  CHECK_THAT(error_of([&] { baseline_table(json, other); }),
             ContainsSubstring("none of the models"));
  CHECK_THAT(error_of([&] { baseline_table(parse_json("{}"), now); }), ContainsSubstring("models"));
}
