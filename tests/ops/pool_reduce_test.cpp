#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

TEST_CASE("MaxPool of every type it admits") {
  const auto pool = [](const Tensor& x) {
    return OpRun("MaxPool").attribute("kernel_shape", Ints{2}).input(x).result();
  };
  CHECK(pool(floats({1, 1, 3}, {1, 3, 2})) == floats({1, 1, 2}, {3, 3}));
  CHECK(pool(Tensor::of<int8_t>({1, 1, 3}, {-1, -3, -2})) ==
        Tensor::of<int8_t>({1, 1, 2}, {-1, -2}));
  CHECK(pool(Tensor::of<uint8_t>({1, 1, 3}, {200, 3, 2})) ==
        Tensor::of<uint8_t>({1, 1, 2}, {200, 3}));
  CHECK(pool(Tensor::of<double>({1, 1, 2}, {1, 3})) == Tensor::of<double>({1, 1, 1}, {3}));
  CHECK_THAT(OpRun("MaxPool").input(floats({1, 1, 3}, {1, 3, 2})).error(),
             ContainsSubstring("'kernel_shape' is missing"));
}

TEST_CASE("MaxPool ignores padding, even where all is negative") {
  CHECK(OpRun("MaxPool")
            .attribute("kernel_shape", Ints{3})
            .attribute("pads", Ints{1, 1})
            .input(floats({1, 1, 3}, {-5, -6, -7}))
            .result() == floats({1, 1, 3}, {-5, -5, -6}));
}

TEST_CASE("MaxPool's indices, by rows and by columns") {
  const Tensor x = floats({1, 2, 2, 3}, {0, 1, 2, 9, 4, 5, 0, 1, 2, 3, 4, 9});
  OpRun run("MaxPool");
  run.attribute("kernel_shape", Ints{2, 2}).input(x);
  CHECK(OpRun(run).run(Provider::kReference, 2)[1] ==
        Tensor::of<int64_t>({1, 2, 1, 2}, {3, 5, 10, 11}));
  CHECK(OpRun(run).attribute("storage_order", int64_t{1}).run(Provider::kReference, 2)[1] ==
        Tensor::of<int64_t>({1, 2, 1, 2}, {1, 5, 9, 11}));
}

TEST_CASE("pools with ceil_mode drop a window that begins in the end padding") {
  const auto size = [](int64_t input, int64_t kernel, int64_t stride, Ints pads) {
    return OpRun("MaxPool")
        .attribute("kernel_shape", Ints{kernel})
        .attribute("strides", Ints{stride})
        .attribute("pads", std::move(pads))
        .attribute("ceil_mode", int64_t{1})
        .input(random_floats({1, 1, input}, 1))
        .result()
        .dim(2);
  };
  CHECK(size(6, 2, 2, {0, 0}) == 3);
  CHECK(size(6, 3, 2, {0, 0}) == 3);  // the last window is half outside
  CHECK(size(4, 1, 3, {0, 0}) == 2);
  CHECK(size(3, 1, 2, {0, 1}) == 2);  // a third would begin at 4, in the padding
}

TEST_CASE("AveragePool counts padding only if told to") {
  const auto pool = [](int64_t count, int64_t ceil) {
    return OpRun("AveragePool")
        .attribute("kernel_shape", Ints{2})
        .attribute("strides", Ints{2})
        .attribute("pads", Ints{1, 0})
        .attribute("count_include_pad", count)
        .attribute("ceil_mode", ceil)
        .input(floats({1, 1, 4}, {2, 4, 6, 8}))
        .result();
  };
  CHECK(pool(0, 0) == floats({1, 1, 2}, {2, 5}));
  CHECK(pool(1, 0) == floats({1, 1, 2}, {1, 5}));
  CHECK(pool(1, 1) == floats({1, 1, 3}, {1, 5, 8}));  // what lies beyond the padding never counts
}

TEST_CASE("global pools take all spatial axes") {
  const Tensor x = counting<float>({1, 2, 2, 2});
  CHECK(OpRun("GlobalAveragePool").input(x).result() == floats({1, 2, 1, 1}, {1.5F, 5.5F}));
  CHECK(OpRun("GlobalMaxPool").input(x).result() == floats({1, 2, 1, 1}, {3, 7}));
  CHECK_THAT(OpRun("GlobalMaxPool").input(floats({1, 1}, {1})).error(),
             ContainsSubstring("no spatial axes"));
}

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

TEST_CASE("Softmax over one axis, and before opset 13 over all that follow") {
  const Tensor x = floats({1, 2, 2}, {0, 0, 0, 0});
  CHECK(OpRun("Softmax", 13).input(x).result() == floats({1, 2, 2}, {0.5F, 0.5F, 0.5F, 0.5F}));
  CHECK(OpRun("Softmax", 11).input(x).result() == floats({1, 2, 2}, {0.25F, 0.25F, 0.25F, 0.25F}));
  CHECK(OpRun("Softmax", 13).attribute("axis", int64_t{0}).input(x).result() ==
        floats({1, 2, 2}, {1, 1, 1, 1}));
}

}  // namespace
}  // namespace qtool
