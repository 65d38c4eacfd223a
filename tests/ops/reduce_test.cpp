#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

TEST_CASE("reductions over axes from attribute or input") {
  const Tensor x = counting<float>({2, 3});
  CHECK(OpRun("ReduceSum", 11).attribute("axes", Ints{-1}).input(x).result() ==
        floats({2, 1}, {3, 12}));
  CHECK(OpRun("ReduceSum", 13)
            .attribute("keepdims", int64_t{0})
            .input(x)
            .input(int64s({0}))
            .result() == floats({3}, {3, 5, 7}));
  CHECK(OpRun("ReduceMean").input(x).result() == floats({1, 1}, {2.5F}));
  CHECK(OpRun("ReduceMax")
            .attribute("axes", Ints{0, 1})
            .attribute("keepdims", int64_t{0})
            .input(x)
            .result() == floats({}, {5}));
  CHECK(OpRun("ReduceMin", 18).input(x).input(int64s({1})).result() == floats({2, 1}, {0, 3}));
  CHECK(OpRun("ReduceSum", 13).attribute("noop_with_empty_axes", int64_t{1}).input(x).result() ==
        x);
  CHECK(OpRun("ReduceSum", 13).input(x).input(int64s({})).result() == floats({1, 1}, {15}));
  CHECK(OpRun("ReduceSum", 13).input(int64s({1, 2, 3})).result() == int64s({6}));
  CHECK(OpRun("ReduceMax", 13).input(Tensor::of<int8_t>({2}, {-3, -2})).result() ==
        Tensor::of<int8_t>({1}, {-2}));
  CHECK_THAT(OpRun("ReduceSum", 13).input(x).input(int64s({0, -2})).error(),
             ContainsSubstring("named twice"));
}

TEST_CASE("a reduction over the middle axis") {
  const Tensor y =
      OpRun("ReduceSum", 11).attribute("axes", Ints{1}).input(counting<float>({2, 3, 2})).result();
  CHECK(y == floats({2, 1, 2}, {6, 9, 24, 27}));
  CHECK(OpRun("ReduceMax", 11)
            .attribute("axes", Ints{0, 2})
            .input(counting<float>({2, 3, 2}))
            .result() == floats({1, 3, 1}, {7, 9, 11}));
}

TEST_CASE("ArgMax and ArgMin") {
  const Tensor x = floats({2, 3}, {1, 5, 5, 4, 0, 0});
  const auto arg = [&](const char* op_type, int64_t last) {
    return OpRun(op_type)
        .attribute("axis", int64_t{-1})
        .attribute("keepdims", int64_t{0})
        .attribute("select_last_index", last)
        .input(x)
        .result();
  };
  CHECK(arg("ArgMax", 0) == int64s({1, 0}));
  CHECK(arg("ArgMax", 1) == int64s({2, 0}));
  CHECK(arg("ArgMin", 0) == int64s({0, 1}));
  CHECK(OpRun("ArgMax").input(x).result() == Tensor::of<int64_t>({1, 3}, {1, 0, 0}));
}

TEST_CASE(
    "Softmax, LogSoftmax and Hardmax over one axis, and before opset 13 over all that follow") {
  const Tensor x = floats({1, 2, 2}, {0, 0, 0, 0});
  CHECK(OpRun("Softmax", 13).input(x).result() == floats({1, 2, 2}, {0.5F, 0.5F, 0.5F, 0.5F}));
  CHECK(OpRun("Softmax", 11).input(x).result() == floats({1, 2, 2}, {0.25F, 0.25F, 0.25F, 0.25F}));
  CHECK(OpRun("Softmax", 13).attribute("axis", int64_t{0}).input(x).result() ==
        floats({1, 2, 2}, {1, 1, 1, 1}));
  const float half = -std::log(2.0F);
  CHECK(OpRun("LogSoftmax", 13).input(x).result() == floats({1, 2, 2}, {half, half, half, half}));
  CHECK(OpRun("LogSoftmax", 7).input(x).result() ==
        floats({1, 2, 2}, {2 * half, 2 * half, 2 * half, 2 * half}));
  CHECK(OpRun("LogSoftmax", 13).input(floats({2}, {1e30F, 0})).result() ==
        floats({2}, {0, -1e30F}));
  CHECK(OpRun("Hardmax", 13).input(x).result() == floats({1, 2, 2}, {1, 0, 1, 0}));
  CHECK(OpRun("Hardmax", 11).input(x).result() == floats({1, 2, 2}, {1, 0, 0, 0}));
  CHECK(OpRun("Hardmax", 13).input(floats({0, 2}, {})).result() == floats({0, 2}, {}));
  CHECK_THAT(OpRun("Softmax", 13).input(floats({}, {1})).error(), ContainsSubstring("axis -1"));
}

TEST_CASE("what reductions make of nothing") {
  const auto of_nothing = [](const char* op_type, const Tensor& x) {
    return OpRun(op_type, 18)
        .attribute("keepdims", int64_t{0})
        .input(x)
        .input(int64s({1}))
        .result();
  };
  struct Row {
    const char* op_type;
    float value;
  };
  for (const Row& row : {Row{"ReduceSum", 0}, Row{"ReduceProd", 1}, Row{"ReduceL1", 0},
                         Row{"ReduceL2", 0}, Row{"ReduceSumSquare", 0},
                         Row{"ReduceLogSum", -INFINITY}, Row{"ReduceLogSumExp", -INFINITY},
                         Row{"ReduceMax", -INFINITY}, Row{"ReduceMin", INFINITY}}) {
    CAPTURE(row.op_type);
    CHECK(of_nothing(row.op_type, floats({2, 0}, {})) == floats({2}, {row.value, row.value}));
    CHECK(of_nothing(row.op_type, floats({0, 3}, {})).shape() == Shape{0});
  }
  CHECK(std::isnan(*of_nothing("ReduceMean", floats({1, 0}, {})).data<float>()));
  CHECK(of_nothing("ReduceMax", Tensor::of<int8_t>({1, 0}, {})) == Tensor::of<int8_t>({1}, {-128}));
  CHECK(of_nothing("ReduceMin", Tensor::of<bool>({1, 0}, {})) == Tensor::of<bool>({1}, {true}));
  CHECK_THAT(OpRun("ReduceMean", 18).input(Tensor::of<int64_t>({0}, {})).error(),
             ContainsSubstring("mean of no integers"));
}

TEST_CASE("noop_with_empty_axes leaves out the reduction only") {
  const auto elementwise = [](const char* op_type, const Tensor& x) {
    return OpRun(op_type, 18)
        .attribute("noop_with_empty_axes", int64_t{1})
        .input(x)
        .input(int64s({}))
        .result();
  };
  const Tensor x = floats({1, 2}, {-3, 4});
  CHECK(elementwise("ReduceMax", x) == x);
  CHECK(elementwise("ReduceSumSquare", x) == floats({1, 2}, {9, 16}));
  CHECK(elementwise("ReduceL1", x) == floats({1, 2}, {3, 4}));
  CHECK(elementwise("ReduceL2", x) == floats({1, 2}, {3, 4}));
  CHECK(elementwise("ReduceLogSumExp", x) == x);
}

TEST_CASE("reductions of integers wrap around, and means do not") {
  const Tensor big = Tensor::of<int32_t>({3}, {2147483647, 2147483647, -7});
  const auto reduce = [&](const char* op_type) {
    return *OpRun(op_type, 13).input(big).result().data<int32_t>();
  };
  CHECK(reduce("ReduceSum") == -9);
  CHECK(reduce("ReduceProd") == -7);
  CHECK(reduce("ReduceSumSquare") == 51);
  CHECK(reduce("ReduceL1") == 5);
  CHECK(reduce("ReduceMean") == 1431655762);
  CHECK(reduce("ReduceL2") == 2147483647);  // 3037000498.6 does not fit
  CHECK(OpRun("ReduceMean", 13).input(int64s({-3, -4})).result() == int64s({-3}));
  CHECK(OpRun("ReduceL2", 13).input(int64s({3, -4})).result() == int64s({5}));
  CHECK(OpRun("ReduceSum", 13).input(Tensor::of<uint64_t>({2}, {uint64_t{1} << 63, 5})).result() ==
        Tensor::of<uint64_t>({1}, {(uint64_t{1} << 63) + 5}));
}

TEST_CASE("reductions do not overflow on the way") {
  const auto log_sum_exp = [](std::vector<float> values) {
    const int64_t count = std::ssize(values);
    return *OpRun("ReduceLogSumExp", 18)
                .input(floats({count}, std::move(values)))
                .result()
                .data<float>();
  };
  CHECK(log_sum_exp({1000, 1000}) == 1000 + std::log(2.0F));
  CHECK(log_sum_exp({-1000, -INFINITY}) == -1000);
  CHECK(log_sum_exp({INFINITY, INFINITY, 0}) == INFINITY);
  CHECK(std::isnan(log_sum_exp({0, NAN, 1})));
  const Tensor halves = Tensor::of<Half>({2}, {Half(60000), Half(52000)});
  CHECK(OpRun("ReduceMean", 13).input(halves).result() == Tensor::of<Half>({1}, {Half(56000)}));
  CHECK(OpRun("ReduceL2", 13).input(floats({2}, {3e38F, 0})).result() == floats({1}, {3e38F}));
}

TEST_CASE("rows of any length are reduced whole, NaN included") {
  for (int64_t length = 1; length < 20; ++length) {
    CAPTURE(length);
    const Tensor x = counting<float>({length});
    const auto expected = static_cast<float>(length * (length - 1) / 2);
    CHECK(OpRun("ReduceSum", 13).input(x).result() == floats({1}, {expected}));
    CHECK(OpRun("ReduceMax", 13).input(x).result() ==
          floats({1}, {static_cast<float>(length - 1)}));
    for (int64_t at = 0; at < length; ++at) {
      Tensor with_nan = x.clone();
      with_nan.mutable_data<float>()[at] = NAN;
      CHECK(std::isnan(*OpRun("ReduceMax", 13).input(with_nan).result().data<float>()));
      CHECK(std::isnan(*OpRun("ReduceMin", 13).input(with_nan).result().data<float>()));
      CHECK(OpRun("ArgMax", 13).input(with_nan).result() == int64s({at}));
      CHECK(OpRun("ArgMin", 13).input(with_nan).result() == int64s({at}));
    }
  }
}

TEST_CASE("TopK takes k as an attribute up to opset 9") {
  const Tensor x = floats({2, 3}, {1, 3, 2, 5, 5, 4});
  const auto results =
      OpRun("TopK", 9).attribute("k", int64_t{2}).input(x).run(Provider::kReference, 2);
  CHECK(results[0] == floats({2, 2}, {3, 2, 5, 5}));
  CHECK(results[1] == Tensor::of<int64_t>({2, 2}, {1, 2, 0, 1}));
}

TEST_CASE("TopK in either order, NaN being the largest") {
  const auto top = [](int64_t largest, const Tensor& x, int64_t k) {
    return OpRun("TopK", 11)
        .attribute("axis", int64_t{0})
        .attribute("largest", largest)
        .input(x)
        .input(int64s({k}))
        .run(Provider::kReference, 2)[1];
  };
  const Tensor x = floats({5}, {1, NAN, -INFINITY, 1, NAN});
  CHECK(top(1, x, 5) == int64s({1, 4, 0, 3, 2}));
  CHECK(top(0, x, 5) == int64s({2, 0, 3, 1, 4}));
  CHECK(top(0, Tensor::of<uint8_t>({3}, {200, 7, 7}), 2) == int64s({1, 2}));
  CHECK(top(1, floats({3, 0}, {}), 2).shape() == Shape{2, 0});
  CHECK(top(1, x, 0) == int64s({}));
  OpRun run("TopK", 11);
  run.input(x);
  CHECK_THAT(OpRun(run).input(int64s({6})).error(), ContainsSubstring("k is 6, expected 0 to 5"));
  CHECK_THAT(OpRun(run).input(int64s({-1})).error(), ContainsSubstring("k is -1"));
  CHECK_THAT(OpRun(run).input(int64s({1, 2})).error(),
             ContainsSubstring("k must have one element"));
}

TEST_CASE("CumSum and CumProd in all four ways") {
  const auto run = [](const char* op_type, const Tensor& x, int64_t exclusive, int64_t reverse) {
    return OpRun(op_type, 26)
        .attribute("exclusive", exclusive)
        .attribute("reverse", reverse)
        .input(x)
        .input(Tensor::scalar<int32_t>(-2))
        .result();
  };
  const auto column = [](std::vector<int32_t> values) {
    return Tensor::of<int32_t>({3, 1}, values);
  };
  const Tensor x = column({2, 3, -4});
  CHECK(run("CumSum", x, 0, 0) == column({2, 5, 1}));
  CHECK(run("CumSum", x, 1, 0) == column({0, 2, 5}));
  CHECK(run("CumSum", x, 0, 1) == column({1, -1, -4}));
  CHECK(run("CumSum", x, 1, 1) == column({-1, -4, 0}));
  CHECK(run("CumProd", x, 0, 0) == column({2, 6, -24}));
  CHECK(run("CumProd", x, 1, 1) == column({-12, -4, 1}));
  CHECK(run("CumProd", column({65536, 65536, 1}), 0, 0) == column({65536, 0, 0}));
  CHECK(run("CumSum", floats({0, 2}, {}), 0, 0) == floats({0, 2}, {}));
  CHECK_THAT(OpRun("CumSum").input(x).input(int64s({0, 1})).error(),
             ContainsSubstring("axis must be a scalar"));
  CHECK_THAT(OpRun("CumSum").input(x).input(int64s({2})).error(), ContainsSubstring("axis 2"));
}

}  // namespace
}  // namespace qtool
