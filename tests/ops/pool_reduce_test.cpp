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

}  // namespace
}  // namespace qtool
