#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

OpRun batch_norm(int64_t opset, Tensor x, Shape parameters = {2}) {
  OpRun run("BatchNormalization", opset);
  run.attribute("epsilon", 0.0F).input(std::move(x)).input(floats(parameters, {1, 2}));
  run.input(floats(parameters, {0, 1})).input(floats(parameters, {1, 2}));
  return run.input(floats(parameters, {4, 9}));
}

TEST_CASE("BatchNormalization by given statistics") {
  const Tensor x = floats({1, 2, 1}, {3, 8});
  CHECK(relative_error(batch_norm(15, x).result(), floats({1, 2, 1}, {1, 5})) < 1e-6);
  // Opset 7 may have parameters for each element of a channel.
  CHECK(relative_error(batch_norm(7, floats({1, 1, 2}, {3, 8}), {1, 2})
                           .attribute("spatial", int64_t{0})
                           .result(),
                       floats({1, 1, 2}, {1, 5})) < 1e-6);
  CHECK_THAT(batch_norm(15, floats({1, 3, 1}, {1, 2, 3})).error(),
             ContainsSubstring("must have 3 elements"));
  CHECK_THAT(batch_norm(15, floats({}, {1})).error(), ContainsSubstring("scalar"));
}

TEST_CASE("BatchNormalization by the batch's statistics") {
  const Tensor x = floats({2, 2, 1}, {1, 10, 3, 30});  // means 2 and 20, variances 1 and 100
  const Tensor y = floats({2, 2, 1}, {-1, -1, 1, 3});
  auto outputs =
      batch_norm(15, x).attribute("training_mode", int64_t{1}).run(Provider::kReference, 3);
  CHECK(outputs[0] == y);
  CHECK(relative_error(outputs[1], floats({2}, {0.9F * 1 + 0.1F * 2, 0.9F * 2 + 0.1F * 20})) <
        1e-6);
  CHECK(relative_error(outputs[2], floats({2}, {0.9F * 4 + 0.1F * 1, 0.9F * 9 + 0.1F * 100})) <
        1e-6);
  outputs = batch_norm(9, x).run(Provider::kReference, 5);
  CHECK(outputs[0] == y);
  CHECK(outputs[3] == floats({2}, {2, 20}));
  CHECK(outputs[4] == floats({2}, {1, 100}));
}

OpRun layer_norm(int64_t axis) {
  OpRun run("LayerNormalization");
  return run.attribute("epsilon", 0.0F).attribute("axis", axis);
}

TEST_CASE("LayerNormalization over the last axes") {
  OpRun run = layer_norm(1);
  run.input(floats({1, 2, 2}, {1, 1, 3, 3})).input(floats({2, 2}, {1, 2, 3, 4}));
  const std::vector<Tensor> y =
      OpRun(run).input(floats({2, 2}, {0, 0, 0, 1})).run(Provider::kReference, 3);
  CHECK(y[0] == floats({1, 2, 2}, {-1, -2, 3, 5}));
  CHECK(y[1] == floats({1, 1, 1}, {2}));
  CHECK(y[2] == floats({1, 1, 1}, {1}));
  CHECK(OpRun(run).attribute("stash_type", int64_t{16}).run(Provider::kReference, 3)[1].dtype() ==
        DType::kBFloat16);
}

TEST_CASE("LayerNormalization broadcasts scale and bias to its input") {
  const Tensor x = floats({2, 1, 2}, {1, 3, 5, 3});  // normalized: -1, 1, 1, -1
  const auto run = [&](Tensor scale, Tensor bias) {
    return layer_norm(-1).input(x).input(std::move(scale)).input(std::move(bias));
  };
  CHECK(run(floats({2, 1, 1}, {2, 3}), floats({}, {1})).result() ==
        floats({2, 1, 2}, {-1, 3, 4, -2}));
  CHECK_THAT(run(floats({3}, {1, 1, 1}), floats({}, {1})).error(),
             ContainsSubstring("[2, 1, 2] and [3] cannot be broadcast"));
  CHECK_THAT(run(floats({1, 2, 1, 1}, {1, 1}), floats({}, {1})).error(),
             ContainsSubstring("cannot be broadcast"));
  CHECK(layer_norm(-1).input(floats({0, 2}, {})).input(floats({2}, {1, 1})).result().shape() ==
        Shape{0, 2});
  CHECK(layer_norm(-1).input(floats({2, 0}, {})).input(floats({0}, {})).result().shape() ==
        Shape{2, 0});
}

TEST_CASE("SkipLayerNormalization adds first, and gives the sum too") {
  const auto run = [](const char* op_type) {
    OpRun run(op_type, 1, "com.microsoft");
    run.attribute("epsilon", 0.0F).input(floats({2, 1, 2}, {1, 0, 0, 2}));
    run.input(floats({1, 2}, {0, 3}));
    return run.input(floats({2}, {1, 10}));
  };
  const auto y = run("SkipLayerNormalization")
                     .input(floats({2}, {0, 1}))
                     .input(floats({2}, {0, -1}))
                     .run(Provider::kReference, 4);
  CHECK(y[3] == floats({2, 1, 2}, {1, 2, 0, 4}));
  CHECK(y[0] == floats({2, 1, 2}, {-1, 11, -1, 11}));
  CHECK(y[1] == floats({2, 1, 1}, {1.5F, 2}));
  CHECK(y[2] == floats({2, 1, 1}, {2, 0.5F}));
  const auto simple = run("SkipSimplifiedLayerNormalization")
                          .input(floats({2}, {6, 4}))
                          .run(Provider::kReference, 4);
  CHECK(simple[3] == floats({2, 1, 2}, {7, 7 + 0, 6, 9}));
  CHECK(relative_error(simple[0], floats({2, 1, 2}, {1, 10, 6 / std::sqrt(58.5F),
                                                     90 / std::sqrt(58.5F)})) < 1e-6);
}

TEST_CASE("GroupNormalization scales groups before opset 21, then channels") {
  const auto run = [](int64_t opset, Tensor scale, Tensor bias) {
    OpRun run("GroupNormalization", opset);
    run.attribute("epsilon", 0.0F).attribute("num_groups", int64_t{2});
    run.input(floats({1, 4, 1}, {1, 3, 20, 10}));  // normalized: -1, 1, 1, -1
    return run.input(std::move(scale)).input(std::move(bias));
  };
  CHECK(run(18, floats({2}, {1, 2}), floats({2}, {0, 10})).result() ==
        floats({1, 4, 1}, {-1, 1, 12, 8}));
  CHECK(run(21, floats({4}, {1, 2, 3, 4}), floats({4}, {0, 0, 0, 1})).result() ==
        floats({1, 4, 1}, {-1, 2, 3, -3}));
  CHECK_THAT(run(21, floats({2}, {1, 2}), floats({2}, {0, 10})).error(),
             ContainsSubstring("must be [4]"));
  CHECK_THAT(OpRun("GroupNormalization", 21)
                 .attribute("num_groups", int64_t{3})
                 .input(floats({1, 4, 1}, {1, 3, 20, 10}))
                 .error(),
             ContainsSubstring("4 channels cannot be parted into 3 groups"));
  CHECK_THAT(OpRun("GroupNormalization", 21).input(floats({1}, {1})).error(),
             ContainsSubstring("must be positive"));
}

TEST_CASE("LRN sums more channels behind an element than before") {
  const auto lrn = [](int64_t size) {
    OpRun run("LRN");
    run.attribute("size", size).attribute("alpha", static_cast<float>(size));
    run.attribute("beta", 1.0F).attribute("bias", 0.0F);
    return run.input(floats({1, 3, 1}, {1, 2, 3}));
  };
  CHECK(lrn(2).result() == floats({1, 3, 1}, {1 / 5.0F, 2 / 13.0F, 3 / 9.0F}));
  CHECK(lrn(1000).result() == floats({1, 3, 1}, {1 / 14.0F, 2 / 14.0F, 3 / 14.0F}));
  CHECK_THAT(lrn(0).error(), ContainsSubstring("must be positive"));
}

TEST_CASE("LpNormalization leaves zeros as they are") {
  const auto run = [](int64_t p) {
    return OpRun("LpNormalization", 1)
        .attribute("p", p)
        .attribute("axis", int64_t{0})
        .input(floats({2, 2}, {3, 0, -4, 0}));
  };
  CHECK(run(2).result() == floats({2, 2}, {0.6F, 0, -0.8F, 0}));
  CHECK(run(1).result() == floats({2, 2}, {3 / 7.0F, 0, -4 / 7.0F, 0}));
  CHECK_THAT(run(3).error(), ContainsSubstring("expected 1 or 2"));
}

TEST_CASE("MeanVarianceNormalization over any axes") {
  const auto run = [](std::vector<int64_t> axes) {
    return OpRun("MeanVarianceNormalization")
        .attribute("axes", std::move(axes))
        .input(floats({2, 2}, {1, 2, 3, 6}));
  };
  CHECK(run({0}).result() == floats({2, 2}, {-1, -1, 1, 1}));
  CHECK(run({-1}).result() == floats({2, 2}, {-1, 1, -1, 1}));
  CHECK(run({0, 1}).result().data<float>()[2] == 0);
  CHECK_THAT(run({2}).error(), ContainsSubstring("axis"));
}

}  // namespace
}  // namespace qtool
