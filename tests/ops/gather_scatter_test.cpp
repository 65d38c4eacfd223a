#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

Tensor strings(const std::vector<std::string>& values) {
  return Tensor::of<std::string>({std::ssize(values)}, values);
}

TEST_CASE("gathering and scattering take any type and refuse indices out of range") {
  const Tensor x = strings({"a", "b", "c"});
  CHECK(OpRun("GatherElements").input(x).input(int64s({-1, 0})).result() == strings({"c", "a"}));
  CHECK(OpRun("GatherND").input(x).input(Tensor::of<int64_t>({2, 1}, {-1, 1})).result() ==
        strings({"c", "b"}));
  CHECK(OpRun("ScatterElements").input(x).input(int64s({-2})).input(strings({"z"})).result() ==
        strings({"a", "z", "c"}));
  CHECK(OpRun("Scatter", 9).input(x).input(int64s({0})).input(strings({"z"})).result() ==
        strings({"z", "b", "c"}));
  CHECK_THAT(OpRun("GatherElements").input(x).input(int64s({3})).error(),
             ContainsSubstring("index 3 is outside"));
  CHECK_THAT(OpRun("ScatterND", 18)
                 .input(x)
                 .input(Tensor::of<int64_t>({1, 1}, {-4}))
                 .input(strings({"z"}))
                 .error(),
             ContainsSubstring("index -4 is outside"));
  CHECK_THAT(OpRun("ScatterElements").input(x).input(int64s({0})).input(strings({})).error(),
             ContainsSubstring("updates have shape [0], expected [1]"));
  CHECK_THAT(OpRun("GatherND").input(x).input(int64s({0, 0})).error(),
             ContainsSubstring("do not fit data [3]"));
  CHECK_THAT(OpRun("GatherND").attribute("batch_dims", kMost).input(x).input(int64s({0})).error(),
             ContainsSubstring("batch axes"));
}

TEST_CASE("scattered integers wrap around and NaN wins over any limit") {
  const auto scatter = [](const std::string& reduction, Tensor x, Tensor update) {
    return OpRun("ScatterElements", 18)
        .attribute("reduction", reduction)
        .input(std::move(x))
        .input(int64s({0}))
        .input(std::move(update))
        .result();
  };
  const auto bytes = [](int8_t value) { return Tensor::of<int8_t>({1}, {value}); };
  CHECK(scatter("add", bytes(127), bytes(1)) == bytes(-128));
  CHECK(scatter("mul", int64s({kMost}), int64s({2})) == int64s({-2}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(scatter("max", floats({1}, {nan}), floats({1}, {1})) == floats({1}, {nan}));
  CHECK(scatter("min", floats({1}, {1}), floats({1}, {nan})) == floats({1}, {nan}));
  CHECK(scatter("max", Tensor::of<Half>({1}, {Half(1)}), Tensor::of<Half>({1}, {Half(2)})) ==
        Tensor::of<Half>({1}, {Half(2)}));
}

TEST_CASE("a cache is written in a ring or not over its end") {
  const auto write = [](const std::string& mode, int64_t at) {
    return OpRun("TensorScatter", 24)
        .attribute("mode", mode)
        .attribute("axis", int64_t{1})
        .input(floats({1, 3}, {0, 0, 0}))
        .input(floats({1, 2}, {1, 2}))
        .input(int64s({at}));
  };
  CHECK(write("circular", 5).result() == floats({1, 3}, {2, 0, 1}));
  CHECK(write("linear", 1).result() == floats({1, 3}, {0, 1, 2}));
  CHECK_THAT(write("linear", 2).error(), ContainsSubstring("2 elements cannot be written at 2"));
}

TEST_CASE("Unique treats all NaNs as one, the last") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto y =
      OpRun("Unique").input(floats({5}, {nan, 2, nan, 1, 2})).run(Provider::kReference, 4);
  CHECK(y[1] == int64s({3, 1, 0}));
  CHECK(y[2] == int64s({2, 1, 2, 0, 1}));
  CHECK(y[3] == int64s({1, 2, 2}));
  CHECK(OpRun("Unique").attribute("sorted", int64_t{0}).input(strings({"b", "a", "b"})).result() ==
        strings({"b", "a"}));
}

TEST_CASE("NonZero of a scalar and of other types than numbers") {
  CHECK(OpRun("NonZero").input(Tensor::scalar(3.0F)).result().shape() == Shape{0, 1});
  CHECK(OpRun("NonZero").input(strings({"", "a"})).result() == Tensor::of<int64_t>({1, 1}, {1}));
  CHECK(OpRun("NonZero").input(Tensor::of<Half>({2}, {Half(-0.0F), Half(1)})).result() ==
        Tensor::of<int64_t>({1, 1}, {1}));
}

TEST_CASE("OneHot counts indices from the back since opset 11") {
  const auto one_hot = [](int64_t opset) {
    return OpRun("OneHot", opset)
        .input(int64s({-1, 3}))
        .input(int64s({3}))
        .input(strings({"off", "on"}))
        .result();
  };
  CHECK(one_hot(9).to_vector<std::string>() == std::vector<std::string>(6, "off"));
  CHECK(one_hot(11).to_vector<std::string>() ==
        std::vector<std::string>{"off", "off", "on", "off", "off", "off"});
}

TEST_CASE("ReverseSequence and Compress check their lists") {
  const Tensor x = counting<float>({2, 2});
  CHECK_THAT(OpRun("ReverseSequence").input(x).input(int64s({1, 3})).error(),
             ContainsSubstring("sequence length 3"));
  CHECK_THAT(OpRun("ReverseSequence").attribute("time_axis", kMost).input(x).error(),
             ContainsSubstring("must be 0 and 1"));
  CHECK_THAT(OpRun("Compress").input(x).input(int64s({0, 0, 0, 0, 1})).error(),
             ContainsSubstring("index 4 is outside"));
}

}  // namespace
}  // namespace qtool
