#include "report/profile_report.h"

#include <catch2/catch_test_macros.hpp>

#include "base/json.h"

using namespace qtool;

namespace {

using Step = Executor::Step;

// Two runs of two convolutions and an addition: 3, 1 and 0.5 ms a run.
const std::vector<Step> kSteps = {
    {"first", "Conv", Provider::kOneDnn, 2, 0.006, 0.0, 0.004, {6e7, false}},
    {"sum", "Add", Provider::kSimd, 2, 0.001, 0.004, 0.0005},
    {"second", "Conv", Provider::kOneDnn, 2, 0.002, 0.0045, 0.001, {6e7, true}},
};

}  // namespace

TEST_CASE(
    "a profile sums operators up, lists the slowest nodes first and tells how near to the peak") {
  // First: 6e7 operations in 3 ms, where 1 ms would do; second: in 1 ms, where 0.25 ms would do.
  CHECK(profile_table(kSteps, {.floats = 60e9, .bytes = 240e9}) ==
        "operator  provider  nodes  ms a run   share  Gop/s  of peak\n"
        "────────  ────────  ─────  ────────  ──────  ─────  ───────\n"
        "Conv      onednn        2     4.000  88.9 %   30.0   31.2 %\n"
        "Add       simd          1     0.500  11.1 %\n"
        "\n"
        "node    operator  ms a run   share  Gop/s  of peak\n"
        "──────  ────────  ────────  ──────  ─────  ───────\n"
        "first   Conv         3.000  66.7 %   20.0   33.3 %\n"
        "second  Conv         1.000  22.2 %   60.0   25.0 %\n"
        "sum     Add          0.500  11.1 %\n"
        "peak: 60.0 Gop/s in float32, 240.0 Gop/s in int8\n");
}

TEST_CASE("a trace has an event for each step, in microseconds, and a thread for each model") {
  const Json trace = parse_json(chrome_trace({{"a.onnx", kSteps}, {"b.onnx", {kSteps[1]}}}));
  const Json& events = trace["traceEvents"];
  REQUIRE(events.size() == 6);
  CHECK(events[0]["args"]["name"] == "a.onnx");
  CHECK(events[1]["name"] == "first");
  CHECK(events[1]["ph"] == "X");
  CHECK(events[1]["dur"].get<double>() == 4000);
  CHECK(events[3]["ts"].get<double>() == 4500);
  CHECK(events[3]["tid"] == 0);
  CHECK(events[5]["name"] == "sum");
  CHECK(events[5]["tid"] == 1);
}
