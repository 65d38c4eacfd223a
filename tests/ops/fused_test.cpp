#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

// What tests/interop/contrib_fused.py cannot ask onnxruntime.
namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

OpRun contrib(const char* op_type) { return OpRun(op_type, 1, "com.microsoft"); }

TEST_CASE("FusedConv and FusedGemm are the operator, then the function") {
  const Tensor x = random_floats({1, 2, 4, 4}, 1);
  const Tensor w = random_floats({3, 2, 3, 3}, 2);
  const Tensor z = random_floats({1, 3, 2, 2}, 3);
  const Tensor sum = OpRun("Add")
                         .input(OpRun("Conv").input(x).constant(w).result(Provider::kReference))
                         .input(z)
                         .result();
  for (const Provider provider : {Provider::kOneDnn, Provider::kReference}) {
    OpRun run = contrib("FusedConv").attribute("activation", std::string("LeakyRelu"));
    run.attribute("activation_params", std::vector<float>{0.5F});
    CHECK(relative_error(run.input(x).constant(w).left_out().input(z).result(provider),
                         OpRun("LeakyRelu").attribute("alpha", 0.5F).input(sum).result()) < 1e-6);
  }
  CHECK(contrib("FusedGemm")
            .attribute("activation", std::string("Relu"))
            .input(counting<double>({1, 2}))
            .input(Tensor::of<double>({2, 2}, {0, 0, -1, 1}))
            .result() == Tensor::of<double>({1, 2}, {0, 1}));
  CHECK_THAT(contrib("FusedGemm").attribute("activation", std::string("Sine")).error(),
             ContainsSubstring("activation 'Sine' is not known"));
  CHECK_THAT(contrib("FusedConv").input(x).constant(w).left_out().input(x).error(),
             ContainsSubstring("cannot be broadcast"));
}

TEST_CASE("FusedMatMul of doubles and of nothing") {
  OpRun run = contrib("FusedMatMul").attribute("transA", int64_t{1}).attribute("alpha", 0.5F);
  CHECK(OpRun(run).input(counting<double>({1, 2})).input(counting<double>({1, 2})).result() ==
        Tensor::of<double>({2, 2}, {0, 0, 0, 0.5}));
  CHECK(OpRun(run).input(floats({0, 2}, {})).input(floats({0, 1}, {})).result() ==
        floats({2, 1}, {0, 0}));
  CHECK_THAT(OpRun(run).input(floats({2, 1}, {1, 2})).input(floats({1, 1}, {1})).error(),
             ContainsSubstring("do not fit"));
}

TEST_CASE("EmbedLayerNormalization refuses indices that its tables do not have") {
  const auto run = [](int32_t id, Shape words, Shape ids = {1, 1}) {
    return contrib("EmbedLayerNormalization")
        .input(Tensor::of<int32_t>(ids, {id}))
        .left_out()
        .input(random_floats(words, 1))
        .input(random_floats({1, 2}, 2))
        .left_out()
        .input(random_floats({2}, 3))
        .input(random_floats({2}, 4));
  };
  CHECK(run(2, {3, 2}).error().empty());
  CHECK_THAT(run(3, {3, 2}).error(), ContainsSubstring("index 3 is not between 0 and 2"));
  CHECK_THAT(run(-1, {3, 2}).error(), ContainsSubstring("index -1 is not between 0 and 2"));
  CHECK_THAT(run(0, {3}).error(), ContainsSubstring("must have rank 2"));
  CHECK_THAT(run(0, {3, 1}).error(), ContainsSubstring("cannot be broadcast"));
  CHECK_THAT(run(0, {3, 2}, {1}).error(), ContainsSubstring("must have rank 2"));
}

TEST_CASE("BiasGelu refuses a bias that does not fit") {
  CHECK_THAT(contrib("BiasGelu").input(floats({2}, {1, 2})).input(floats({3}, {1, 2, 3})).error(),
             ContainsSubstring("cannot be broadcast"));
}

}  // namespace
}  // namespace qtool
