#include "report/trials_section.h"

#include <catch2/catch_test_macros.hpp>

#include "report/page_data.h"

using namespace qtool;

namespace {

BenchResult result(const std::string& path, std::uintmax_t size, double median, double score) {
  BenchResult result{.path = path, .size_bytes = size};
  result.latency.median = {median, median - 1, median + 1};
  result.scores = {{"top1", "top-1", score}};
  return result;
}

// The last is as good as the second in two ways and worse in one.
BenchRun three_models() {
  BenchRun run;
  run.results = {result("a", 400, 8, 0.95), result("b", 100, 4, 0.9), result("c", 100, 5, 0.9)};
  run.results[1].latency_ratio = {0.5, 0.4, 0.8};
  run.results[2].latency_ratio = {0.6, 0.5, 0.9};
  return run;
}

}  // namespace

TEST_CASE("a model is undominated unless another is as good in all and better in one") {
  std::vector<BenchResult> results = three_models().results;
  CHECK(undominated(results) == std::vector{true, true, false});
  results[2].scores[0].value = 0.91;
  CHECK(undominated(results) == std::vector{true, true, true});
  for (BenchResult& each : results) each.scores[0].higher_is_better = false;
  CHECK(undominated(results) == std::vector{false, true, false});
  results[2] = results[1];
  CHECK(undominated(results) == std::vector{false, true, true});  // equal ones both
}

TEST_CASE("models are judged among those of their backend") {
  std::vector<BenchResult> results = three_models().results;
  results[2].backend = "onnxruntime";
  CHECK(undominated(results) == std::vector{true, true, true});
}

TEST_CASE("without scores the SQNR judges, the first model being exact") {
  std::vector<BenchResult> results = three_models().results;
  for (BenchResult& each : results) each.scores.clear();
  results[1].outputs["y"].sqnr_db = 20;
  results[2].outputs["y"].sqnr_db = 6;
  results[2].latency.median.median = 2;
  CHECK(undominated(results) == std::vector{true, true, true});
}

TEST_CASE("trials have figures, and what a search says of them") {
  const Json section = trials_section(three_models(), {{}, {"static", true, "{}"}, {"dynamic"}});
  const Json& rows = section["rows"];
  CHECK(rows[0]["name"] == "a");
  CHECK(rows[0]["first"] == true);
  CHECK(!rows[0].contains("faster"));
  CHECK(rows[1]["name"] == "static");
  CHECK(rows[1]["chosen"] == true);
  CHECK(rows[1]["plan"] == "{}");
  CHECK(rows[1]["faster"] == Json::array({2.0f, 1.25f, 2.5f}));
  CHECK(rows[1]["latency"] == Json::array({4.0f, 3.0f, 5.0f}));
  CHECK(!rows[2].contains("chosen"));
  CHECK(!rows[2].contains("first"));
  CHECK(section["scores"][0]["title"] == "top-1");
}

TEST_CASE("the page of a bench has its gates if there are any") {
  BenchRun run = three_models();
  CHECK(!page_data(bench_html(run)).contains("gates"));
  run.gates = {{"max-ratio", "b", "x", true, 0.3, {0.25, 0.25, 0.25}, Verdict::kMet}};
  const Json gates = page_data(bench_html(run))["gates"];
  REQUIRE(gates.size() == 1);
  CHECK(gates[0]["bound"] == "<= 0.3 x");
  CHECK(gates[0]["verdict"] == "met");
}
