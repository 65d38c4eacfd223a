#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

OpRun pool(const char* op_type, Ints kernel, const Tensor& x, int64_t opset = 18) {
  return OpRun(op_type, opset).attribute("kernel_shape", std::move(kernel)).input(x);
}

TEST_CASE("the maximum of nothing but the least numbers is one of them") {
  CHECK(pool("MaxPool", {2}, floats({1, 1, 3}, {-INFINITY, -INFINITY, 1})).result() ==
        floats({1, 1, 2}, {-INFINITY, 1}));
  const std::vector<Tensor> padded = pool("MaxPool", {1}, Tensor::of<int8_t>({1, 1, 1}, {5}))
                                         .attribute("pads", Ints{1, 0})
                                         .run(Provider::kReference, 2);
  CHECK(padded[0] == Tensor::of<int8_t>({1, 1, 2}, {-128, 5}));
  CHECK(padded[1] == Tensor::of<int64_t>({1, 1, 2}, {-1, 0}));
}

TEST_CASE("pools over four axes") {
  const Tensor x = counting<float>({1, 1, 2, 2, 2, 2});
  CHECK(pool("MaxPool", {2, 1, 2, 2}, x).result() == floats({1, 1, 1, 2, 1, 1}, {11, 15}));
  CHECK(pool("AveragePool", {2, 1, 2, 2}, x).result() == floats({1, 1, 1, 2, 1, 1}, {5.5F, 9.5F}));
}

TEST_CASE("indices by columns count the first axis fastest") {
  const Tensor x = random_floats({2, 1, 2, 3, 4}, 1);
  const Tensor indices = pool("MaxPool", {1, 1, 1}, x)
                             .attribute("storage_order", int64_t{1})
                             .run(Provider::kReference, 2)[1];
  int64_t wrong = 0;
  for (int64_t n = 0, i = 0; n < 2; ++n)
    for (int64_t d = 0; d < 2; ++d)
      for (int64_t h = 0; h < 3; ++h)
        for (int64_t w = 0; w < 4; ++w, ++i)
          wrong += indices.data<int64_t>()[i] != n * 24 + d + 2 * h + 6 * w;
  CHECK(wrong == 0);
}

TEST_CASE("pools of empty tensors and with windows that do not fit") {
  CHECK(pool("MaxPool", {2}, floats({0, 3, 4}, {})).result().shape() == Shape{0, 3, 3});
  CHECK_THAT(pool("LpPool", {5}, floats({1, 1, 4}, {1, 2, 3, 4})).error(),
             ContainsSubstring("does not fit"));
  CHECK_THAT(pool("MaxPool", {2, 2}, floats({1, 1, 4}, {1, 2, 3, 4})).error(),
             ContainsSubstring("2 axes"));
  CHECK_THAT(pool("AveragePool", {1}, floats({1, 1}, {1})).error(),
             ContainsSubstring("spatial axes"));
}

TEST_CASE("a large window with much padding is counted, not walked") {
  const int64_t far = 1 << 29;
  const Tensor y = pool("AveragePool", {far}, floats({1, 1, 2}, {3, 5}), 19)
                       .attribute("pads", Ints{far, far})
                       .attribute("strides", Ints{far / 2})
                       .attribute("count_include_pad", int64_t{1})
                       .result();
  CHECK(y.dim(2) == 3);
  CHECK(y.data<float>()[0] == 0);
  CHECK(y.data<float>()[1] == 0x1p-26F);  // both are in the second window: 8 / 2^29
}

TEST_CASE("LpPool takes the norm of each window") {
  const Tensor x = floats({1, 1, 4}, {3, -4, 0, 12});
  CHECK(pool("LpPool", {2}, x).result() == floats({1, 1, 3}, {5, 4, 12}));
  CHECK(pool("LpPool", {2}, x).attribute("p", int64_t{1}).result() ==
        floats({1, 1, 3}, {7, 4, 12}));
  CHECK(pool("LpPool", {2}, x)
            .attribute("strides", Ints{3})
            .attribute("ceil_mode", int64_t{1})
            .result() == floats({1, 1, 2}, {5, 12}));
  CHECK(
      pool("LpPool", {2}, x).attribute("dilations", Ints{3}).attribute("p", int64_t{1}).result() ==
      floats({1, 1, 1}, {15}));
  CHECK(OpRun("GlobalLpPool", 2).input(floats({1, 2, 1, 2}, {3, -4, 0, 2})).result() ==
        floats({1, 2, 1, 1}, {5, 2}));
  CHECK(OpRun("GlobalLpPool", 2)
            .attribute("p", int64_t{1})
            .input(Tensor::of<double>({1, 1, 3}, {1, -2, 3}))
            .result() == Tensor::of<double>({1, 1, 1}, {6}));
}

TEST_CASE("NhwcMaxPool has its channels last") {
  OpRun run("NhwcMaxPool", 1, "com.microsoft");
  run.attribute("kernel_shape", Ints{1, 2});
  run.input(Tensor::of<uint8_t>({1, 1, 3, 2}, {1, 60, 2, 50, 3, 40}));
  CHECK(run.result() == Tensor::of<uint8_t>({1, 1, 2, 2}, {2, 60, 3, 50}));
}

TEST_CASE("MaxUnpool puts maxima back") {
  const Tensor x = random_floats({2, 3, 4, 6}, 1);
  const auto halved = [](const Tensor& t) {
    return pool("MaxPool", {2, 2}, t).attribute("strides", Ints{2, 2});
  };
  Tensor positive(DType::kFloat32, x.shape());  // as what is in between becomes 0
  for (int64_t i = 0; i < x.size(); ++i) positive.mutable_data<float>()[i] = x.data<float>()[i] + 2;
  const std::vector<Tensor> pooled = halved(positive).run(Provider::kReference, 2);
  const Tensor back = OpRun("MaxUnpool", 11)
                          .attribute("kernel_shape", Ints{2, 2})
                          .attribute("strides", Ints{2, 2})
                          .input(pooled[0])
                          .input(pooled[1])
                          .result();
  REQUIRE(back.shape() == x.shape());
  const std::vector<Tensor> again = halved(back).run(Provider::kReference, 2);
  CHECK(again == pooled);
}

TEST_CASE("MaxUnpool tells what does not fit") {
  const auto error = [](int64_t index, Ints shape) {
    OpRun run("MaxUnpool", 11);
    run.attribute("kernel_shape", Ints{2}).input(floats({1, 1, 1}, {1}));
    run.input(Tensor::of<int64_t>({1, 1, 1}, {index}));
    if (!shape.empty()) run.input(int64s(shape));
    return run.error();
  };
  CHECK(error(1, {1, 1, 3}) == "");
  CHECK_THAT(error(2, {}), ContainsSubstring("index 2 is outside"));
  CHECK_THAT(error(-1, {}), ContainsSubstring("index -1 is outside"));
  CHECK_THAT(error(0, {1, 1, 1}), ContainsSubstring("smaller"));
  CHECK_THAT(error(0, {1, 3}), ContainsSubstring("rank"));
}

TEST_CASE("RoiAlign of a ramp is the place of each bin's center") {
  // x[h, w] = 10 h + w; linear interpolation keeps it a ramp.
  Tensor x(DType::kFloat32, {1, 1, 8, 8});
  for (int64_t i = 0; i < 64; ++i)
    x.mutable_data<float>()[i] = static_cast<float>(i / 8 * 10 + i % 8);
  OpRun run("RoiAlign", 16);
  run.attribute("output_height", int64_t{2}).attribute("output_width", int64_t{2});
  run.attribute("spatial_scale", 0.5F).attribute("sampling_ratio", int64_t{2}).input(x);
  run.input(floats({1, 4}, {2, 4, 10, 12})).input(int64s({0}));
  // [1, 5] by [2, 6] in pixels, less half a pixel: bins' centers at 1.5, 3.5 and 2.5, 4.5.
  CHECK(relative_error(run.result(), floats({1, 1, 2, 2}, {26.5F, 28.5F, 46.5F, 48.5F})) < 1e-6);
  run.attribute("coordinate_transformation_mode", std::string("output_half_pixel"));
  CHECK(relative_error(run.result(), floats({1, 1, 2, 2}, {32, 34, 52, 54})) < 1e-6);
}

TEST_CASE("RoiAlign of regions that are far away, huge or no numbers") {
  const auto align = [](std::vector<float> roi, int64_t ratio) {
    return *OpRun("RoiAlign", 16)
                .attribute("sampling_ratio", ratio)
                .input(floats({1, 1, 2, 2}, {1, 1, 1, 1}))
                .input(floats({1, 4}, std::move(roi)))
                .input(int64s({0}))
                .result()
                .data<float>();
  };
  CHECK(align({50, 50, 60, 60}, 0) == 0);
  CHECK(align({NAN, 0, 1, 1}, 0) == 0);
  CHECK(align({0, 0, INFINITY, 1}, 0) == 0);
  CHECK(align({-1e30F, 0, 1e30F, 1}, 2) == 0);
  CHECK(align({1, 1, 1, 1}, 2) == 1);  // all samples are the same
  CHECK(align({1, 1, 0, 0}, 2) == 1);  // from right to left
  const float part = align({0.5F, 0.5F, 100000.5F, 1.5F}, 0);
  CHECK(std::abs(part - 2e-5F) < 1e-6F);  // of 100000 samples those at 0.5 and 1.5 count
}

TEST_CASE("regions name an image and have a shape") {
  const Tensor x = floats({1, 1, 1, 1}, {1});
  const auto error = [&](const Tensor& rois, Ints images) {
    return OpRun("RoiAlign", 16).input(x).input(rois).input(int64s(images)).error();
  };
  CHECK_THAT(error(floats({1, 4}, {0, 0, 1, 1}), {1}), ContainsSubstring("no image 1"));
  CHECK_THAT(error(floats({1, 4}, {0, 0, 1, 1}), {}), ContainsSubstring("batch indices"));
  CHECK_THAT(error(floats({1, 5}, {0, 0, 0, 1, 1}), {0}), ContainsSubstring("4 columns"));
  OpRun pool("MaxRoiPool", 1);
  pool.attribute("pooled_shape", Ints{1, 1}).input(x);
  CHECK_THAT(OpRun(pool).input(floats({1, 5}, {NAN, 0, 0, 1, 1})).error() +
                 OpRun(pool).input(floats({1, 5}, {-1, 0, 0, 1, 1})).error(),
             ContainsSubstring("no image -1"));
}

TEST_CASE("MaxRoiPool takes both ends of a region") {
  OpRun run("MaxRoiPool", 1);
  run.attribute("pooled_shape", Ints{1, 2}).input(counting<float>({2, 1, 4, 4}));
  // Columns 1 to 3 in bins of 1.5: [1, 3) and [2, 4). The second region lies outside.
  run.input(floats({2, 5}, {1, 1, 0, 3, 1, 0, 9, 9, 9, 9}));
  CHECK(run.result() == floats({2, 1, 1, 2}, {22, 23, 0, 0}));
}

}  // namespace
}  // namespace qtool
