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
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

// Elements of `x` as bytes; the numbers 0, 1, 2… of any type read back as they are.
template <class T>
std::vector<int64_t> numbers(const Tensor& x) {
  return {x.data<T>(), x.data<T>() + x.size()};
}

template <class T>
void check_moves() {
  const Tensor x = counting<T>({2, 3});
  CHECK(numbers<T>(OpRun("Transpose").input(x).result()) == Ints{0, 3, 1, 4, 2, 5});
  CHECK(numbers<T>(OpRun("Concat").attribute("axis", int64_t{1}).input(x).input(x).result()) ==
        Ints{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  CHECK(numbers<T>(OpRun("Gather")
                       .attribute("axis", int64_t{-1})
                       .input(x)
                       .input(int64s({2, -3}))
                       .result()) == Ints{2, 0, 5, 3});
  CHECK(numbers<T>(OpRun("Expand").input(counting<T>({2, 1})).input(int64s({2, 2})).result()) ==
        Ints{0, 0, 1, 1});
  CHECK(numbers<T>(OpRun("Pad").input(x).input(int64s({0, 1, 1, 0})).result()) ==
        Ints{0, 0, 1, 2, 0, 3, 4, 5, 0, 0, 0, 0});
  CHECK(numbers<T>(OpRun("Slice").input(x).input(int64s({0})).input(int64s({1})).result()) ==
        Ints{0, 1, 2});
}

TEST_CASE("data moves whatever its type") {
  check_moves<float>();
  check_moves<double>();
  check_moves<int8_t>();
  check_moves<uint8_t>();
  check_moves<int16_t>();
  check_moves<int64_t>();
  CHECK(OpRun("Transpose").input(Tensor::of<bool>({1, 2}, {true, false})).result() ==
        Tensor::of<bool>({2, 1}, {true, false}));
}

TEST_CASE("Transpose permutes the axes") {
  const Tensor y = OpRun("Transpose")
                       .attribute("perm", Ints{1, 2, 0})
                       .input(counting<int32_t>({2, 3, 4}))
                       .result();
  REQUIRE(y.shape() == Shape{3, 4, 2});
  for (int64_t i = 0; i < 24; ++i)
    CHECK(y.data<int32_t>()[i] == i % 2 * 12 + i / 8 * 4 + i / 2 % 4);
  CHECK_THAT(OpRun("Transpose").attribute("perm", Ints{0, 1}).input(int64s({1})).error(),
             ContainsSubstring("axis 1"));
  CHECK_THAT(
      OpRun("Transpose").attribute("perm", Ints{0, 0}).input(counting<float>({1, 2})).error(),
      ContainsSubstring("twice"));
}

TEST_CASE("Reshape") {
  const Tensor x = counting<float>({2, 3, 4});
  const auto shape = [&](Ints target, int64_t allow_zero = 0) {
    return OpRun("Reshape", 14)
        .attribute("allowzero", allow_zero)
        .input(x)
        .input(int64s(std::move(target)))
        .result()
        .shape();
  };
  CHECK(shape({6, 4}) == Shape{6, 4});
  CHECK(shape({0, -1}) == Shape{2, 12});
  CHECK(shape({0, 0, 2, -1}) == Shape{2, 3, 2, 2});
  CHECK(shape({-1}) == Shape{24});
  const auto error = [&](Ints target) {
    return OpRun("Reshape").input(x).input(int64s(std::move(target))).error();
  };
  CHECK_THAT(error({-1, -1}), ContainsSubstring("more than one -1"));
  CHECK_THAT(error({5, -1}), ContainsSubstring("cannot be reshaped to [5, -1]"));
  CHECK_THAT(error({5, 5}), ContainsSubstring("do not fit shape [5, 5]"));
  CHECK_THAT(error({1, 2, 3, 0}), ContainsSubstring("copies an axis"));
  CHECK(OpRun("Reshape", 14)
            .attribute("allowzero", int64_t{1})
            .input(floats({0, 3}, {}))
            .input(int64s({3, 0}))
            .result()
            .shape() == Shape{3, 0});
}

TEST_CASE("operators that only change the shape share the elements") {
  const Tensor x = counting<float>({1, 2, 1, 3});
  const auto shares = [&](OpRun run, const Shape& expected) {
    const Tensor y = run.result();
    CHECK(y.raw() == x.raw());
    CHECK(y.shape() == expected);
  };
  shares(OpRun("Reshape").input(x).input(int64s({6})), {6});
  shares(OpRun("Identity").input(x), x.shape());
  shares(OpRun("Dropout").input(x), x.shape());
  shares(OpRun("Flatten").input(x), {1, 6});
  shares(OpRun("Flatten").attribute("axis", int64_t{-1}).input(x), {2, 3});
  shares(OpRun("Flatten").attribute("axis", int64_t{0}).input(x), {1, 6});
  shares(OpRun("Flatten").attribute("axis", int64_t{4}).input(x), {6, 1});
  shares(OpRun("Squeeze").input(x), {2, 3});
  shares(OpRun("Squeeze", 11).attribute("axes", Ints{-2}).input(x), {1, 2, 3});
  shares(OpRun("Squeeze", 13).input(x).input(int64s({0})), {2, 1, 3});
  shares(OpRun("Unsqueeze", 11).attribute("axes", Ints{0, 5}).input(x), {1, 1, 2, 1, 3, 1});
  shares(OpRun("Unsqueeze", 13).input(x).input(int64s({-1})), {1, 2, 1, 3, 1});
  CHECK_THAT(OpRun("Squeeze").input(x).input(int64s({1})).error(),
             ContainsSubstring("axis 1 of input [1, 2, 1, 3] is not of size 1"));
  CHECK_THAT(OpRun("Unsqueeze").input(x).error(), ContainsSubstring("axes is given neither"));
}

TEST_CASE("Dropout's mask keeps everything") {
  CHECK(OpRun("Dropout").input(floats({2}, {1, 2})).run(Provider::kReference, 2)[1] ==
        Tensor::of<bool>({2}, {true, true}));
}

TEST_CASE("Slice") {
  const Tensor x = counting<float>({10});
  const auto slice = [&](int64_t start, int64_t end, int64_t step) {
    return numbers<float>(OpRun("Slice")
                              .input(x)
                              .input(int64s({start}))
                              .input(int64s({end}))
                              .input(int64s({-1}))
                              .input(int64s({step}))
                              .result());
  };
  CHECK(slice(2, 5, 1) == Ints{2, 3, 4});
  CHECK(slice(-3, kMost, 1) == Ints{7, 8, 9});
  CHECK(slice(0, 1000, 4) == Ints{0, 4, 8});
  CHECK(slice(8, 2, -3) == Ints{8, 5});
  CHECK(slice(kMost, kLeast, -4) == Ints{9, 5, 1});
  CHECK(slice(-1, -11, -5) == Ints{9, 4});
  CHECK(slice(5, 5, 1).empty());
  CHECK(slice(5, 8, -1).empty());
  CHECK(numbers<float>(OpRun("Slice", 9)
                           .attribute("starts", Ints{0, 1})
                           .attribute("ends", Ints{2, 3})
                           .input(counting<float>({3, 3}))
                           .result()) == Ints{1, 2, 4, 5});
  CHECK(numbers<float>(OpRun("Slice")
                           .input(counting<float>({2, 3}))
                           .input(int64s({1, 2}))
                           .input(int64s({kLeast, kLeast}))
                           .input(int64s({0, 1}))
                           .input(int64s({-1, -2}))
                           .result()) == Ints{5, 3, 2, 0});
  CHECK_THAT(OpRun("Slice")
                 .input(x)
                 .input(int64s({0}))
                 .input(int64s({1}))
                 .input(int64s({0}))
                 .input(int64s({0}))
                 .error(),
             ContainsSubstring("step of a slice is 0"));
}

TEST_CASE("Concat checks its inputs") {
  OpRun run("Concat");
  run.attribute("axis", int64_t{0}).input(counting<float>({1, 2}));
  CHECK(OpRun(run).input(counting<float>({0, 2})).input(counting<float>({2, 2})).result() ==
        floats({3, 2}, {0, 1, 0, 1, 2, 3}));
  CHECK_THAT(OpRun(run).input(counting<float>({1, 3})).error(), ContainsSubstring("does not fit"));
  CHECK_THAT(OpRun(run).input(counting<float>({2})).error(), ContainsSubstring("does not fit"));
  CHECK_THAT(OpRun(run).input(counting<int8_t>({1, 2})).error(),
             ContainsSubstring("different element types"));
}

TEST_CASE("Split by sizes, evenly and by number") {
  const Tensor x = counting<float>({2, 5});
  const auto split = [&](OpRun run, std::size_t outputs) {
    std::vector<Ints> parts;
    for (const Tensor& y : run.run(Provider::kReference, outputs))
      parts.push_back(numbers<float>(y));
    return parts;
  };
  const std::vector<Ints> expected = {{0, 1, 5, 6}, {}, {2, 3, 4, 7, 8, 9}};
  CHECK(split(OpRun("Split", 11)
                  .attribute("axis", int64_t{1})
                  .attribute("split", Ints{2, 0, 3})
                  .input(x),
              3) == expected);
  CHECK(split(OpRun("Split", 13).attribute("axis", int64_t{-1}).input(x).input(int64s({2, 0, 3})),
              3) == expected);
  CHECK(split(OpRun("Split", 13).input(x), 2) ==
        std::vector<Ints>{{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}});
  CHECK(split(OpRun("Split", 18)
                  .attribute("num_outputs", int64_t{2})
                  .attribute("axis", int64_t{1})
                  .input(x),
              2) == std::vector<Ints>{{0, 1, 2, 5, 6, 7}, {3, 4, 8, 9}});
  CHECK_THAT(OpRun("Split").attribute("axis", int64_t{1}).input(x).input(int64s({4})).error(),
             ContainsSubstring("parts of [4] do not make up 5"));
}

TEST_CASE("Gather of any rank of indices") {
  const Tensor x = counting<float>({3, 2});
  CHECK(OpRun("Gather").input(x).input(Tensor::scalar<int64_t>(-1)).result() ==
        floats({2}, {4, 5}));
  CHECK(OpRun("Gather").input(x).input(Tensor::of<int32_t>({1, 2}, {2, 0})).result() ==
        floats({1, 2, 2}, {4, 5, 0, 1}));
  CHECK_THAT(OpRun("Gather").input(x).input(int64s({3})).error(),
             ContainsSubstring("index 3 is outside an axis of 3"));
}

TEST_CASE("Pad in every mode") {
  const auto pad = [](const char* mode, Ints pads) {
    return OpRun("Pad", 19)
        .attribute("mode", std::string(mode))
        .input(floats({3}, {1, 2, 3}))
        .input(int64s(std::move(pads)))
        .result();
  };
  CHECK(pad("constant", {1, 2}) == floats({6}, {0, 1, 2, 3, 0, 0}));
  CHECK(pad("constant", {-1, 1}) == floats({3}, {2, 3, 0}));
  CHECK(pad("edge", {2, 1}) == floats({6}, {1, 1, 1, 2, 3, 3}));
  CHECK(pad("reflect", {2, 1}) == floats({6}, {3, 2, 1, 2, 3, 2}));
  CHECK(pad("wrap", {2, 1}) == floats({6}, {2, 3, 1, 2, 3, 1}));
  CHECK(OpRun("Pad", 10)
            .attribute("pads", Ints{1, 0})
            .attribute("value", 2.5F)
            .input(floats({1}, {7}))
            .result() == floats({2}, {2.5F, 7}));
  CHECK(OpRun("Pad", 18)
            .input(counting<int8_t>({1, 2}))
            .input(int64s({1, 0}))
            .input(Tensor::scalar<int8_t>(-3))
            .input(int64s({-1}))
            .result() == Tensor::of<int8_t>({1, 3}, {-3, 0, 1}));
  CHECK_THAT(OpRun("Pad").input(floats({1}, {7})).input(int64s({1})).error(),
             ContainsSubstring("must have two entries"));
}

TEST_CASE("operators on shapes and constants") {
  const Tensor x = counting<float>({2, 3, 4});
  CHECK(OpRun("Shape").input(x).result() == int64s({2, 3, 4}));
  CHECK(OpRun("Shape").attribute("start", int64_t{-2}).input(x).result() == int64s({3, 4}));
  CHECK(OpRun("Shape")
            .attribute("start", int64_t{1})
            .attribute("end", int64_t{-1})
            .input(x)
            .result() == int64s({3}));
  CHECK(OpRun("Shape")
            .attribute("start", int64_t{2})
            .attribute("end", int64_t{1})
            .input(x)
            .result() == int64s({}));
  CHECK(OpRun("Size").input(x).result() == Tensor::scalar<int64_t>(24));
  CHECK(OpRun("ConstantOfShape").input(int64s({2})).result() == floats({2}, {0, 0}));
  CHECK(OpRun("ConstantOfShape")
            .attribute("value", Constant(int64s({7})))
            .input(int64s({}))
            .result() == Tensor::scalar<int64_t>(7));
  CHECK(OpRun("Constant").attribute("value", Constant(int64s({1, 2}))).result() == int64s({1, 2}));
  CHECK(OpRun("Constant").attribute("value_float", 1.5F).result() == floats({}, {1.5F}));
  CHECK(OpRun("Constant").attribute("value_ints", Ints{4, 5}).result() == int64s({4, 5}));
  CHECK(OpRun("Expand").input(floats({3, 1}, {1, 2, 3})).input(int64s({2})).result() ==
        floats({3, 2}, {1, 1, 2, 2, 3, 3}));
  const auto scalar = [](int64_t value) { return Tensor::scalar(value); };
  CHECK(OpRun("Range").input(scalar(3)).input(scalar(10)).input(scalar(3)).result() ==
        int64s({3, 6, 9}));
  CHECK(OpRun("Range").input(scalar(3)).input(scalar(0)).input(scalar(-2)).result() ==
        int64s({3, 1}));
  CHECK(OpRun("Range").input(scalar(3)).input(scalar(0)).input(scalar(1)).result() == int64s({}));
}

}  // namespace
}  // namespace qtool
