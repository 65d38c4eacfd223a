#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

// A convolution of x with strange sizes, by oneDNN's binding and by the reference's.
void check_agreement(const OpRun& run) {
  const Tensor expected = OpRun(run).result(Provider::kReference);
  CHECK(relative_error(OpRun(run).result(Provider::kOneDnn), expected) < 1e-5);
}

TEST_CASE("Conv over more axes than oneDNN has") {
  // Numbers are summed up in blocks of [2, 1, 2, 2].
  OpRun run("Conv");
  run.input(counting<float>({1, 1, 2, 2, 2, 2}))
      .constant(floats({1, 1, 2, 1, 2, 2}, std::vector<float>(8, 1)));
  check_agreement(run);
  CHECK(run.result() == floats({1, 1, 1, 2, 1, 1}, {44, 76}));
}

TEST_CASE("Conv of strange sizes is the same by both providers") {
  const auto conv = [](Shape x, Shape w, Ints pads, int64_t dilation, int64_t stride) {
    const std::size_t rank = x.size() - 2;
    OpRun run("Conv");
    run.attribute("pads", std::move(pads)).attribute("dilations", Ints(rank, dilation));
    run.attribute("strides", Ints(rank, stride));
    run.input(random_floats(std::move(x), 1)).input(random_floats(std::move(w), 2));
    return run;
  };
  check_agreement(conv({1, 2, 3}, {3, 2, 2}, {9, 9}, 1, 1));              // windows of padding only
  check_agreement(conv({1, 2, 3}, {3, 2, 2}, {0, 40}, 41, 1));            // beyond the input
  check_agreement(conv({1, 1, 3, 3}, {1, 1, 2, 2}, {0, 0, 0, 0}, 2, 9));  // one window
  check_agreement(conv({1, 1, 2, 2}, {1, 1, 1, 1}, {7, 0, 0, 7}, 1, 3));
  check_agreement(conv({2, 0, 3}, {4, 0, 2}, {0, 0}, 1, 1));  // no channels: all sums are 0
  check_agreement(conv({2, 1, 0}, {4, 1, 2}, {1, 1}, 1, 1));  // nothing but padding
  check_agreement(conv({0, 1, 4}, {4, 1, 2}, {0, 0}, 1, 1));
  check_agreement(conv({1, 1, 4}, {0, 1, 2}, {0, 0}, 1, 1));
}

TEST_CASE("convolutions refuse sizes that nothing fits") {
  const auto error = [](const char* name, Ints values) {
    return OpRun("Conv")
        .attribute(name, std::move(values))
        .input(random_floats({1, 1, 4}, 1))
        .input(random_floats({1, 1, 2}, 2))
        .error();
  };
  CHECK_THAT(error("pads", {-1, 0}), ContainsSubstring("pads [-1, 0] must be at least 0"));
  CHECK_THAT(error("strides", {0}), ContainsSubstring("strides [0] must be at least 1"));
  CHECK_THAT(error("dilations", {int64_t{1} << 40}), ContainsSubstring("at most 1073741824"));
  CHECK_THAT(error("dilations", {1 << 30}), ContainsSubstring("does not fit"));
  CHECK_THAT(error("pads", {1}), ContainsSubstring("must have 2 entries"));
  CHECK_THAT(error("strides", {1, 1}), ContainsSubstring("strides [1, 1] must have 1 entries"));
  CHECK_THAT(error("kernel_shape", {3}), ContainsSubstring("kernel_shape [3]"));
}

TEST_CASE("ConvTranspose takes an output_shape with batch and channels") {
  OpRun run("ConvTranspose", 7);
  run.attribute("output_shape", Ints{1, 1, 4});
  run.input(floats({1, 1, 2}, {1, 2})).input(floats({1, 1, 3}, {1, 10, 100}));
  CHECK(run.result() == floats({1, 1, 4}, {1, 12, 120, 200}));
  CHECK_THAT(OpRun(run).attribute("output_padding", Ints{0, 0}).error(),
             ContainsSubstring("output_padding [0, 0] must have 1 entries"));
}

TEST_CASE("ConvTranspose of nothing is its bias") {
  OpRun run("ConvTranspose");
  run.input(floats({1, 0, 2}, {})).input(floats({0, 1, 2}, {})).input(floats({1}, {5}));
  CHECK(run.result() == floats({1, 1, 3}, {5, 5, 5}));
}

TEST_CASE("ConvTranspose is Col2Im of the products of input and weight") {
  const Tensor x = random_floats({1, 1, 3, 4}, 1);
  const Tensor w = random_floats({1, 1, 2, 3}, 2);
  Tensor columns(DType::kFloat32, {1, 6, 12});
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t j = 0; j < 12; ++j)
      columns.mutable_data<float>()[i * 12 + j] = w.data<float>()[i] * x.data<float>()[j];
  OpRun transposed("ConvTranspose");
  OpRun image("Col2Im", 18);
  for (OpRun* run : {&transposed, &image})
    run->attribute("strides", Ints{2, 1}).attribute("dilations", Ints{1, 2});
  const Tensor expected = transposed.input(x).input(w).result();
  const Ints size = {expected.dim(2), expected.dim(3)};
  const Tensor got = image.input(columns).input(int64s(size)).input(int64s({2, 3})).result();
  CHECK(relative_error(got, expected) < 1e-6);
}

TEST_CASE("Col2Im of integers and of bool") {
  const auto image = [](const Tensor& columns, Ints size) {
    return OpRun("Col2Im", 18).input(columns).input(int64s(std::move(size))).input(int64s({2}));
  };
  // Blocks [0, 1], [1, 2] and [2, 3] of four elements.
  CHECK(image(Tensor::of<int8_t>({1, 2, 3}, {1, 2, 3, 4, 5, 127}), {4}).result() ==
        Tensor::of<int8_t>({1, 1, 4}, {1, 6, 8, 127}));
  CHECK(image(Tensor::of<bool>({1, 2, 3}, {1, 0, 0, 0, 1, 0}), {4}).result() ==
        Tensor::of<bool>({1, 1, 4}, {true, false, true, false}));
  CHECK_THAT(image(counting<float>({1, 2, 3}), {5}).error(), ContainsSubstring("4 blocks"));
  CHECK_THAT(image(counting<float>({1, 3, 3}), {4}).error(), ContainsSubstring("hold blocks [2]"));
}

// Zeros in the shape of the offsets of a DeformConv.
Tensor no_offsets(Shape shape) {
  return floats(shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), 0.0F));
}

TEST_CASE("DeformConv without offsets is Conv") {
  struct Row {
    Shape x, w, offsets;
    int64_t groups;
  };
  for (const Row& row : std::vector<Row>{{{2, 2, 9}, {3, 2, 3}, {2, 3, 6}, 1},
                                         {{1, 4, 6, 7}, {4, 2, 2, 3}, {1, 12, 5, 2}, 2},
                                         {{1, 1, 4, 5, 6}, {2, 1, 2, 2, 2}, {1, 24, 3, 4, 3}, 1}}) {
    CAPTURE(to_string(row.x));
    const std::size_t rank = row.x.size() - 2;
    OpRun conv("Conv");
    OpRun deformed("DeformConv", 19);
    Ints strides(rank, 1), pads(2 * rank, 0), dilations(rank, 1);
    strides.back() = 2;
    dilations.back() = row.x.size() == 3 ? 2 : 1;
    pads[rank - 1] = row.x.size() == 3 ? 2 : 0;
    for (OpRun* run : {&conv, &deformed}) {
      run->attribute("group", row.groups).attribute("strides", strides).attribute("pads", pads);
      run->attribute("dilations", dilations);
      run->input(random_floats(row.x, 1)).input(random_floats(row.w, 2));
    }
    const Tensor expected = conv.result();
    Shape offsets = row.offsets;
    std::copy(expected.shape().begin() + 2, expected.shape().end(), offsets.begin() + 2);
    CHECK(relative_error(deformed.input(no_offsets(offsets)).result(), expected) < 1e-6);
  }
}

TEST_CASE("DeformConv reads where its offsets say, and as much as its mask says") {
  OpRun run("DeformConv", 19);
  run.input(floats({1, 1, 4}, {1, 2, 4, 8})).input(floats({1, 1, 1}, {1}));
  OpRun moved = OpRun(run).input(floats({1, 1, 4}, {1, 0.5F, -3, 0.25F}));
  CHECK(moved.result() == floats({1, 1, 4}, {2, 3, 0, 6}));  // 8 · 3/4 beside the last one
  moved.input(floats({1}, {100})).input(floats({1, 1, 4}, {1, 2, 3, 0}));
  CHECK(moved.result() == floats({1, 1, 4}, {102, 106, 100, 100}));
  CHECK_THAT(OpRun(run).input(no_offsets({1, 2, 4})).error(), ContainsSubstring("must be [1, 1"));
  CHECK_THAT(OpRun(run).attribute("offset_group", int64_t{2}).input(no_offsets({1, 2, 4})).error(),
             ContainsSubstring("2 groups"));
}

TEST_CASE("CausalConvWithState goes on where it stopped") {
  const Tensor x = random_floats({2, 3, 7}, 1);
  const auto part = [&](int64_t from, int64_t count) {
    Tensor y(DType::kFloat32, {2, 3, count});
    for (int64_t i = 0; i < 6 * count; ++i)
      y.mutable_data<float>()[i] = x.data<float>()[i / count * 7 + from + i % count];
    return y;
  };
  const auto run = [](const Tensor& input, const Tensor& past) {
    OpRun op("CausalConvWithState", 27);
    op.input(input).input(random_floats({3, 1, 4}, 2)).left_out();
    if (past.defined()) op.input(past);
    return op.run(Provider::kReference, 2);
  };
  const std::vector<Tensor> whole = run(x, {});
  const std::vector<Tensor> first = run(part(0, 2), {});
  const std::vector<Tensor> rest = run(part(2, 5), first[1]);
  CHECK(rest[1] == whole[1]);
  CHECK(whole[1] == part(4, 3));
  for (int64_t i = 0; i < 42; ++i) {
    const bool early = i % 7 < 2;
    CHECK(
        whole[0].data<float>()[i] ==
        (early ? first : rest)[0].data<float>()[i / 7 * (early ? 2 : 5) + i % 7 - (early ? 0 : 2)]);
  }
}

TEST_CASE("Gemm of integers wraps around and rounds towards 0") {
  const auto gemm = [](float alpha, float beta) {
    return OpRun("Gemm")
        .attribute("alpha", alpha)
        .attribute("beta", beta)
        .input(Tensor::of<int32_t>({1, 1}, {2147483647}))
        .input(Tensor::of<int32_t>({1, 1}, {1}))
        .input(Tensor::of<int32_t>({1}, {3}))
        .result();
  };
  CHECK(gemm(1, 1) == Tensor::of<int32_t>({1, 1}, {-2147483646}));
  CHECK(gemm(0.5F, 0.5F) == Tensor::of<int32_t>({1, 1}, {1073741824}));
  CHECK(gemm(1e30F, 0) == Tensor::of<int32_t>({1, 1}, {2147483647}));
}

TEST_CASE("MatMul of more axes than oneDNN has") {
  Shape x(14, 1), w(14, 1);
  x[0] = w[1] = 2;
  x[12] = w[13] = 3;
  OpRun run("MatMul");
  run.input(random_floats(x, 1)).input(random_floats(w, 2));
  check_agreement(run);
}

}  // namespace
}  // namespace qtool
