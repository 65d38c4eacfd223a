#include "calib/calibrate.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "calib/statistics/table_file.h"
#include "error_of.h"
#include "ir/text.h"
#include "temp_folder.h"
#include "tensor/npy.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a sample is taken in whole or not at all") {
  const Model model = parse_text(R"(
model ir 8 opset 17
graph net
input x: float32[1, 2]
e: float32[1, 2] = Exp(x) "exp"
output e
)");
  const TempFolder folder;
  write_npy(folder / "0.npy", Tensor::of<float>({1, 2}, {1, -2}));
  write_npy(folder / "1.npy", Tensor::of<float>({1, 2}, {-7, 100}));  // e¹⁰⁰ is Inf
  const SampleReader samples(model.graph, folder.path());
  const CalibrationTargets targets{.values = {"x", "e"}, .means = {{"x", 1}}};
  const auto table_after = [&](CalibrationTable& table, const CalibrationRun& run) {
    const std::string text = error_of([&] { calibrate(model, samples, targets, run, table); });
    return std::pair(text, table_json(table, "f"));
  };
  CalibrationTable table, first;
  const auto [text, after_both] = table_after(table, {.statistics = true});
  CHECK_THAT(text, ContainsSubstring("calibration sample 1: value 'e': holds NaN or Inf"));
  const auto [none, after_first] = table_after(first, {.shards = 2, .statistics = true});
  CHECK(none == "no error");
  CHECK(after_both == after_first);
}
