#include "quant/auto_ranges.h"

#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "temp_folder.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

// Both convolutions read numbers in [0, 1) and, in the second channel, an outlier; `blind` does not see
// that channel.
constexpr const char* kNet = R"(
model ir 8 opset 17
graph net
input x: float32[1, 2, 64, 64]
input z: float32[1, 2, 64, 64]
const w: float32[1, 2, 1, 1] = [1, 1]
const v: float32[1, 2, 1, 1] = [1, 0]
y: float32[1, 1, 64, 64] = Conv(x, w) "kept"
u: float32[1, 1, 64, 64] = Conv(z, v) "blind"
p: float32[1, 1, 32, 32] = MaxPool(u) {kernel_shape=[2, 2], strides=[2, 2]} "pool"
output y
output p
)";

Tensor with_outlier() {
  Tensor tensor(DType::kFloat32, {2, 2, 64, 64});
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.mutable_data<float>()[i] = static_cast<float>(i * 7919 % 8191) / 8191;
  for (const int64_t sample : {0, 1}) tensor.mutable_data<float>()[sample * 8192 + 5000] = 60;
  return tensor;
}

struct Chosen {
  RangeChoices choices;
  Ranges ranges;
};

Chosen choose(const Model& model, const QuantOptions& options, const Ranges& given = {}) {
  const TempFolder folder;
  for (const char* input : {"x", "z"})
    write_npy(folder / (std::string(input) + ".npy"), with_outlier());
  const SampleReader samples(model.graph, folder.path());
  CalibrationTable table;
  calibrate(model, samples, values_to_calibrate(model, options), {.statistics = true}, table);
  RangeChoices choices =
      choose_by_layers(model, samples, false, table, given, options,
                       range_choices(model, {.method = RangeMethod::kAuto}, options), {});
  Ranges ranges = choose_ranges(table, choices);
  return {std::move(choices), std::move(ranges)};
}

TEST_CASE("an outlier is cut where the layer that reads it does not see it") {
  const auto [choices, ranges] = choose(parse_text(kNet), {});
  CHECK(ranges.values.at("x").max > 50);
  CHECK(ranges.values.at("z").max < 2);
  CHECK(to_string(choices.at("u")) == to_string(choices.at("p")));  // they share parameters
}

TEST_CASE("rules leave a choice to the layers, or do not, for all that share parameters") {
  QuantOptions options;
  options.tensor_rules.push_back({.values = "z", .method = RangeMethod::kEntropy});
  options.tensor_rules.push_back({.values = "p",
                                  .method = RangeMethod::kPercentile,
                                  .parameter = std::pair(RangeMethod::kPercentile, 99.0)});
  const RangeChoices choices = choose(parse_text(kNet), options).choices;
  CHECK(to_string(choices.at("z")) == "entropy");
  CHECK(to_string(choices.at("u")) == "percentile 99");
  CHECK(to_string(choices.at("p")) == "percentile 99");
  CHECK(choices.at("x").method != RangeMethod::kAuto);
}

TEST_CASE("what is given is not chosen") {
  Ranges given;
  given.values["z"] = {0, 60};
  CHECK(choose(parse_text(kNet), {}, given).choices.at("z").method == RangeMethod::kMinMax);
}

TEST_CASE("the integers that a value becomes are those that its method is told of") {
  QuantOptions options;
  options.tensor_rules.push_back({.values = "x", .dtype = DType::kInt16, .symmetric = true});
  const RangeChoices choices = range_choices(parse_text(kNet), {}, options);
  CHECK(choices.at("x").grid.levels == 65536);
  CHECK(choices.at("x").grid.symmetric);
  CHECK(choices.at("z").grid.levels == 256);
  CHECK_FALSE(choices.at("z").grid.symmetric);
}

}  // namespace
}  // namespace qtool
