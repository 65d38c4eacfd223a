#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>

#include "ir/text.h"
#include "quant/params/weights.h"
#include "quant/plan.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

// Heavy tails: some channels have one large element, others many.
Tensor random_weight(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::student_t_distribution<float> numbers(3);
  Tensor weight(DType::kFloat32, shape);
  for (int64_t i = 0; i < weight.size(); ++i) weight.mutable_data<float>()[i] = numbers(random);
  return weight;
}

// The largest magnitude of w1 · 255 + w2 · 255 over the pairs within a column of [k, n].
int64_t largest_sum(const Tensor& integers, int64_t column) {
  const std::vector<int64_t> all = to_int64s(integers);
  int64_t largest = 0;
  const auto n = static_cast<std::size_t>(integers.dim(1));
  for (std::size_t i = static_cast<std::size_t>(column); i < all.size(); i += n)
    for (std::size_t j = i + n; j < all.size(); j += n)
      for (const int64_t sum : {all[i] + all[j], all[i], all[j]})  // the other uint8 may be 0
        largest = std::max(largest, sum < 0 ? -sum * 255 - 1 : sum * 255);
  return largest;
}

// The largest |w1 + w2| of two numbers of one sign in a column.
double largest_pair(const Tensor& weight, int64_t column) {
  std::vector<double> numbers;
  for (int64_t i = column; i < weight.size(); i += weight.dim(1))
    numbers.push_back(weight.data<float>()[i]);
  std::sort(numbers.begin(), numbers.end());
  const std::size_t n = numbers.size();
  return std::max(numbers[n - 1] + numbers[n - 2], -numbers[0] - numbers[1]);
}

constexpr int64_t kLargest = 32767;  // of int16; −32768 counts as that much

TEST_CASE("sums of two products fit 16 bits, and scales are raised no further than that takes") {
  const bool per_channel = GENERATE(true, false);
  const WeightMethod method = GENERATE(WeightMethod::kMinMax, WeightMethod::kMse);
  const int64_t n = 12;
  const Tensor weight = random_weight({50, n}, 7);
  const QuantParams plain =
      choose_weight_params(weight, {.per_channel = per_channel, .method = method}, 1, -1);
  QuantParams fitted = plain;
  const std::size_t raised = fit_pairs(fitted, weight, 1);
  const Tensor integers = quantize(weight, fitted);
  for (int64_t c = 0; c < n; ++c) CHECK(largest_sum(integers, c) <= kLargest);
  std::size_t larger = 0;
  for (std::size_t c = 0; c < plain.scale.size(); ++c) {
    CHECK(fitted.scale[c] >= plain.scale[c]);
    if (fitted.scale[c] == plain.scale[c]) continue;
    ++larger;
    double largest = 0;
    for (int64_t i = 0; i < n; ++i)
      if (!per_channel || i == static_cast<int64_t>(c))
        largest = std::max(largest, largest_pair(weight, i));
    CHECK(fitted.scale[c] <= largest / 128 * (1 + 1e-6));
    QuantParams before = fitted;
    before.scale[c] = plain.scale[c];
    const Tensor overflowing = quantize(weight, before);
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum = std::max(sum, largest_sum(overflowing, i));
    CHECK(sum > kLargest);
  }
  CHECK(larger > 0);
  CHECK(larger == raised);
}

TEST_CASE("channels in which no pair is too large keep their scales") {
  const Tensor weight = Tensor::of<float>({4, 3}, {1, 1, 1,                      //
                                                   0, -1, 1 / 127.0F, 0, 0, -1,  //
                                                   0, 0, -1 / 127.0F});
  QuantParams params = choose_weight_params(weight, {}, 1, -1);
  const QuantParams before = params;
  CHECK(fit_pairs(params, weight, 1) == 0);
  CHECK(params == before);
  const Tensor single = Tensor::of<float>({1, 3}, {1, -2, 3});
  params = choose_weight_params(single, {}, 1, -1);
  CHECK(fit_pairs(params, single, 1) == 0);
}

TEST_CASE("pairs across channels do not count against a common scale") {
  const Tensor weight = Tensor::of<float>({2, 2}, {1, 1, 0, 0});
  QuantParams params = choose_weight_params(weight, {.per_channel = false}, 1, -1);
  CHECK(fit_pairs(params, weight, 1) == 0);
  CHECK(fit_pairs(params, weight, 0) == 1);
  CHECK(to_int64s(quantize(weight, params)) == std::vector<int64_t>{64, 64, 0, 0});
}

// Notes of the nodes by name.
std::map<std::string, std::string> notes(const QuantOptions& options) {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[2, 4]
const large: float32[4, 3] = 1
const even: float32[4, 3] = [1, 1, 1, -1, -1, -1, 0, 0, 0, 0, 0, 0]
h: float32[2, 3] = MatMul(x, large) "large"
y: float32[2, 3] = MatMul(x, even) "even"
output h
output y
)");
  Ranges ranges;
  for (const std::string& value : values_to_calibrate(model, options).values)
    ranges.values[value] = {-1, 1};
  std::map<std::string, std::string> result;
  for (const NodePlan& node : make_plan(model, ranges, options).nodes)
    if (!node.note.empty()) result[node.node] = node.note;
  return result;
}

TEST_CASE("a node says that its weights are reduced") {
  QuantOptions options;
  options.mode = GENERATE(Mode::kStatic, Mode::kDynamic);
  CHECK(notes(options).empty());
  options.weight.fit_pairs = true;
  CHECK(notes(options) ==
        std::map<std::string, std::string>{
            {"large", "3 of 3 scales of weights are raised: sums of pairs could pass 16 bits"}});
}

TEST_CASE("weights that meet no uint8 activations are not reduced") {
  QuantOptions options;
  options.weight.fit_pairs = true;
  SECTION("weights only") { options.mode = Mode::kWeightOnly; }
  SECTION("int8 activations") { options.activation = {DType::kInt8, true}; }
  SECTION("uint8 weights") { options.weight.dtype = DType::kUInt8; }
  CHECK(notes(options).empty());
}

TEST_CASE("asymmetric weights cannot be fitted, and their node says so") {
  QuantOptions options{.mode = Mode::kDynamic};
  options.weight.fit_pairs = true;
  options.weight.symmetric = false;
  CHECK(notes(options).at("large") == "sums of pairs may pass 16 bits: weights are asymmetric");
}

}  // namespace
}  // namespace qtool
