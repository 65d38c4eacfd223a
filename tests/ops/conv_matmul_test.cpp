#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "op_run.h"
#include "ops/fused.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

// The reference's result, after checking that oneDNN serves the node and agrees.
Tensor agreed(OpRun& run) {
  const Tensor expected = run.result(Provider::kReference);
  CHECK(relative_error(run.result(Provider::kOneDnn), expected) < 1e-5);
  return expected;
}

TEST_CASE("Conv with all defaults") {
  OpRun run("Conv");
  run.input(counting<float>({1, 1, 3, 3})).constant(floats({1, 1, 2, 2}, {1, 0, 0, 1}));
  CHECK(agreed(run) == floats({1, 1, 2, 2}, {4, 6, 10, 12}));
}

TEST_CASE("Conv sizes its output as ONNX says") {
  struct Row {
    const char* auto_pad;
    Ints pads, strides;
    Shape expected;
  };
  for (const Row& row : std::vector<Row>{{"NOTSET", {0, 1, 2, 3}, {1, 2}, {2, 4, 9, 5}},
                                         {"SAME_UPPER", {}, {2, 3}, {2, 4, 5, 3}},
                                         {"SAME_LOWER", {}, {3, 2}, {2, 4, 3, 4}},
                                         {"VALID", {}, {1, 1}, {2, 4, 7, 5}}}) {
    OpRun run("Conv");
    run.attribute("auto_pad", std::string(row.auto_pad)).attribute("strides", row.strides);
    if (!row.pads.empty()) run.attribute("pads", row.pads);
    run.input(random_floats({2, 3, 9, 7}, 1)).constant(random_floats({4, 3, 3, 3}, 2));
    CAPTURE(row.auto_pad);
    CHECK(agreed(run).shape() == row.expected);
  }
}

TEST_CASE("the odd element of SAME padding goes to the end or to the beginning") {
  const auto run = [](const char* auto_pad) {
    OpRun op("Conv");
    op.attribute("auto_pad", std::string(auto_pad));
    op.input(floats({1, 1, 3}, {1, 2, 3})).constant(floats({1, 1, 2}, {1, 10}));
    return agreed(op);
  };
  CHECK(run("SAME_UPPER") == floats({1, 1, 3}, {21, 32, 3}));
  CHECK(run("SAME_LOWER") == floats({1, 1, 3}, {10, 21, 32}));
}

TEST_CASE("Conv in one and three dimensions, in groups, with a bias") {
  OpRun sequence("Conv");
  sequence.attribute("group", int64_t{2}).attribute("dilations", Ints{2});
  sequence.input(random_floats({2, 4, 11}, 1)).constant(random_floats({6, 2, 3}, 2));
  sequence.constant(random_floats({6}, 3));
  CHECK(agreed(sequence).shape() == Shape{2, 6, 7});
  OpRun volume("Conv");
  volume.input(random_floats({1, 2, 4, 5, 6}, 1)).input(random_floats({3, 2, 2, 2, 2}, 2));
  CHECK(agreed(volume).shape() == Shape{1, 3, 3, 4, 5});
}

TEST_CASE("Conv of doubles is served by the reference, of nothing by both") {
  OpRun doubles("Conv");
  doubles.input(Tensor::of<double>({1, 1, 2}, {1, 2})).input(Tensor::of<double>({1, 1, 1}, {3}));
  CHECK(doubles.result() == Tensor::of<double>({1, 1, 2}, {3, 6}));
  OpRun empty("Conv");
  empty.input(floats({0, 1, 2}, {})).constant(floats({1, 1, 1}, {3}));
  CHECK(agreed(empty).shape() == Shape{0, 1, 2});
}

TEST_CASE("Conv tells what does not fit") {
  const auto error = [](Shape x, Shape w, Provider provider) {
    return OpRun("Conv").input(random_floats(x, 1)).constant(random_floats(w, 2)).error(provider);
  };
  for (const Provider provider : {Provider::kReference, Provider::kOneDnn}) {
    CHECK_THAT(error({1, 3, 4, 4}, {2, 4, 3, 3}, provider), ContainsSubstring("does not fit"));
    CHECK_THAT(error({1, 3, 4, 4}, {2, 3, 3}, provider), ContainsSubstring("rank"));
    CHECK_THAT(error({1, 3}, {2, 3}, provider), ContainsSubstring("spatial axes"));
    CHECK_THAT(error({1, 3, 2, 2}, {2, 3, 3, 3}, provider), ContainsSubstring("window"));
    OpRun bias("Conv");
    bias.input(random_floats({1, 3, 4, 4}, 1)).constant(random_floats({2, 3, 3, 3}, 2));
    bias.constant(random_floats({3}, 3));
    CHECK_THAT(bias.error(provider), ContainsSubstring("bias [3] must be [2]"));
  }
  CHECK_THAT(OpRun("Conv").attribute("auto_pad", std::string("SAME")).error(),
             ContainsSubstring("auto_pad 'SAME' is not known"));
}

TEST_CASE("a fused Conv limits its result") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto run = [](std::vector<float> clip) {
    OpRun op("FusedConv", 1, std::string(kInternalDomain));
    op.attribute("clip", std::move(clip));
    op.input(floats({1, 1, 4}, {-3, 1, 5, 9})).constant(floats({1, 1, 1}, {2}));
    return agreed(op);
  };
  CHECK(run({0, kInfinity}) == floats({1, 1, 4}, {0, 2, 10, 18}));
  CHECK(run({0, 6}) == floats({1, 1, 4}, {0, 2, 6, 6}));
  CHECK(run({-1, 3}) == floats({1, 1, 4}, {-1, 2, 3, 3}));
}

TEST_CASE("ConvTranspose spreads the input") {
  const Tensor x = floats({1, 1, 2}, {1, 2});
  const Tensor w = floats({1, 1, 3}, {1, 10, 100});
  const auto run = [&] { return OpRun("ConvTranspose").input(x).input(w); };
  CHECK(run().result() == floats({1, 1, 4}, {1, 12, 120, 200}));
  CHECK(run().attribute("strides", Ints{2}).result() == floats({1, 1, 5}, {1, 10, 102, 20, 200}));
  CHECK(run().attribute("strides", Ints{2}).attribute("pads", Ints{1, 0}).result() ==
        floats({1, 1, 4}, {10, 102, 20, 200}));
  CHECK(run().attribute("strides", Ints{2}).attribute("output_padding", Ints{1}).result() ==
        floats({1, 1, 6}, {1, 10, 102, 20, 200, 0}));
  CHECK(run().attribute("strides", Ints{2}).attribute("output_shape", Ints{4}).result() ==
        floats({1, 1, 4}, {10, 102, 20, 200}));
  CHECK(run()
            .attribute("strides", Ints{2})
            .attribute("auto_pad", std::string("SAME_UPPER"))
            .result() == floats({1, 1, 4}, {1, 10, 102, 20}));
  CHECK(run().attribute("dilations", Ints{2}).result() ==
        floats({1, 1, 6}, {1, 2, 10, 20, 100, 200}));
  CHECK(run().input(floats({1}, {5})).result() == floats({1, 1, 4}, {6, 17, 125, 205}));
}

TEST_CASE("ConvTranspose in groups keeps them apart") {
  OpRun run("ConvTranspose");
  run.attribute("group", int64_t{2});
  run.input(floats({1, 2, 1}, {1, 2})).input(floats({2, 2, 1}, {1, 10, 100, 1000}));
  CHECK(run.result() == floats({1, 4, 1}, {1, 10, 200, 2000}));
}

TEST_CASE("MatMul of every pair of ranks") {
  struct Row {
    Shape a, b, expected;
  };
  for (const Row& row : std::vector<Row>{{{4}, {4}, {}},
                                         {{4}, {4, 3}, {3}},
                                         {{2, 4}, {4}, {2}},
                                         {{2, 4}, {4, 3}, {2, 3}},
                                         {{5, 2, 4}, {4, 3}, {5, 2, 3}},
                                         {{2, 4}, {5, 4, 3}, {5, 2, 3}},
                                         {{4}, {5, 4, 3}, {5, 3}},
                                         {{6, 1, 2, 4}, {5, 4, 3}, {6, 5, 2, 3}},
                                         {{0, 4}, {4, 3}, {0, 3}},
                                         {{2, 0}, {0, 3}, {2, 3}}}) {
    CAPTURE(to_string(row.a), to_string(row.b));
    OpRun run("MatMul");
    run.input(random_floats(row.a, 1)).constant(random_floats(row.b, 2));
    CHECK(agreed(run).shape() == row.expected);
  }
  OpRun batch("MatMul");
  batch.input(floats({2, 1, 2}, {1, 2, 3, 4})).input(floats({2, 2, 1}, {1, 10, 100, 1000}));
  CHECK(agreed(batch) == floats({2, 1, 1}, {21, 4300}));
  CHECK_THAT(OpRun("MatMul").input(floats({1, 2}, {1, 2})).input(floats({1, 1}, {1})).error(),
             ContainsSubstring("[1, 2] and [1, 1] do not fit"));
  CHECK(OpRun("MatMul").input(int64s({1, 2})).input(int64s({3, 4})).result() ==
        Tensor::scalar<int64_t>(11));
}

TEST_CASE("Gemm in every form") {
  const Tensor product = floats({2, 3}, {1, 2, 3, 2, 4, 6});
  for (const int64_t transpose_a : {0, 1})
    for (const int64_t transpose_b : {0, 1})
      for (const float alpha : {1.0F, 2.0F})
        for (const float beta : {1.0F, 0.5F})
          for (const Tensor& c :
               {Tensor(), floats({}, {2}), floats({3}, {2, 4, 6}), floats({1, 3}, {2, 4, 6}),
                floats({2, 1}, {2, 4}), floats({2, 3}, {2, 4, 6, 8, 10, 12})}) {
            OpRun run("Gemm", 13);
            run.attribute("transA", transpose_a).attribute("transB", transpose_b);
            run.attribute("alpha", alpha).attribute("beta", beta);
            run.input(floats(transpose_a ? Shape{1, 2} : Shape{2, 1}, {1, 2}));
            run.constant(floats(transpose_b ? Shape{3, 1} : Shape{1, 3}, {1, 2, 3}));
            if (c.defined()) run.input(c);
            Tensor expected = product.clone();
            for (int64_t i = 0; i < 6; ++i) {
              const int64_t row = c.rank() == 2 && c.dim(0) == 2 ? i / 3 : 0;
              const bool wide = c.rank() > 0 && c.shape().back() == 3;
              float& y = expected.mutable_data<float>()[i];
              y *= alpha;
              if (c.defined()) y += beta * c.data<float>()[wide ? row * 3 + i % 3 : row];
            }
            CHECK(agreed(run) == expected);
          }
}

TEST_CASE("a fused Gemm limits its result after adding C") {
  for (const Tensor& c : {floats({2}, {-1, 1}), floats({2, 2}, {-1, 1, -1, 1})}) {
    OpRun run("FusedGemm", 1, std::string(kInternalDomain));
    run.attribute("clip", std::vector<float>{0, 3});
    run.input(floats({2, 1}, {1, 3})).constant(floats({1, 2}, {0.5F, 1})).input(c);
    CHECK(agreed(run) == floats({2, 2}, {0, 2, 0.5F, 3}));
  }
}

TEST_CASE("Gemm tells what does not fit") {
  OpRun run("Gemm");
  run.input(random_floats({2, 3}, 1)).constant(random_floats({3, 4}, 2));
  CHECK_THAT(OpRun(run).input(random_floats({3}, 3)).error(), ContainsSubstring("[3]"));
  CHECK_THAT(OpRun(run).input(random_floats({1, 2, 4}, 3)).error(),
             ContainsSubstring("cannot be broadcast to [2, 4]"));
  CHECK_THAT(OpRun("Gemm").input(floats({2}, {1, 2})).input(floats({2, 1}, {1, 2})).error(),
             ContainsSubstring("rank 2"));
}

}  // namespace
}  // namespace qtool
