#include "advise/trial_file.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "error_of.h"

using namespace qtool;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("figures come back as they were written") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  BenchResult figures;
  figures.path = "static, \"minmax\"";
  figures.backend = "onnxruntime";
  figures.size_bytes = 5'000'000'000;
  figures.latency = {{1.5, 1.25, 1.75}, 2, 3, 1, 40};
  figures.latency_ratio = Estimate{0.5, 0.25, 0.75};
  figures.scores = {{"top1", "top-1", 0.875}, {"score", "score", -3, false, false}};
  figures.agreement = 0.75;
  figures.outputs["y"] = {kInfinity, 1, 0, 0};
  figures.outputs["z"] = {std::nan(""), 0.5, 2, 3};

  const BenchResult back = parse_figures(figures_json(figures));
  CHECK(back.path == figures.path);
  CHECK(back.backend == "onnxruntime");
  CHECK(back.size_bytes == 5'000'000'000);
  CHECK(back.latency.median.high == 1.75);
  CHECK(back.latency.p99 == 3);
  CHECK(back.latency.rounds == 40);
  CHECK(back.latency_ratio->low == 0.25);
  REQUIRE(back.scores.size() == 2);
  CHECK(back.scores[0].value == 0.875);
  CHECK(back.scores[1].title == "score");
  CHECK_FALSE(back.scores[1].is_share);
  CHECK_FALSE(back.scores[1].higher_is_better);
  CHECK(back.agreement == 0.75);
  CHECK(back.outputs.at("y").sqnr_db == kInfinity);
  CHECK(std::isnan(back.outputs.at("z").sqnr_db));
  CHECK(back.outputs.at("z").max_abs_error == 3);
}

TEST_CASE("what is no file of figures is refused, with the place") {
  CHECK_THAT(error_of([] { parse_figures("{}"); }), ContainsSubstring("model"));
  CHECK_THAT(error_of([] { parse_figures("{\"model\": 3}"); }), ContainsSubstring("model"));
  BenchResult figures;
  std::string text = figures_json(figures);
  text.replace(text.find("\"latency_ms\": [0.0"), 18, "\"latency_ms\": [\"x\"");
  CHECK_THAT(error_of([&] { parse_figures(text); }), ContainsSubstring("latency_ms[0]"));
}
