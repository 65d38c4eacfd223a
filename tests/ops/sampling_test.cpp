#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;

OpRun sample(const Tensor& x, const Tensor& grid, const char* mode, const char* padding,
             int64_t align) {
  return OpRun("GridSample", 20)
      .attribute("mode", std::string(mode))
      .attribute("padding_mode", std::string(padding))
      .attribute("align_corners", align)
      .input(x)
      .input(grid);
}

// A grid that names the elements of an array of `dims`, corners aligned, in their order.
Tensor identity_grid(const Shape& dims) {
  Shape shape = {1};
  shape.insert(shape.end(), dims.begin(), dims.end());
  shape.push_back(std::ssize(dims));
  Tensor grid(DType::kFloat32, shape);
  float* to = grid.mutable_data<float>();
  for (int64_t i = 0; i < element_count(dims); ++i) {
    int64_t rest = i;
    for (std::size_t axis = dims.size(); axis-- > 0; rest /= dims[axis])
      *to++ = -1 + 2 * static_cast<float>(rest % dims[axis]) / static_cast<float>(dims[axis] - 1);
  }
  return grid;
}

TEST_CASE("GridSample at the elements gives them back, in any number of axes") {
  for (const Shape& dims : std::vector<Shape>{{5}, {3, 5}, {2, 3, 5}, {2, 3, 2, 3}}) {
    Shape shape = {1, 2};
    shape.insert(shape.end(), dims.begin(), dims.end());
    const Tensor x = random_floats(shape, 1);
    CAPTURE(to_string(shape));
    for (const char* mode : {"nearest", "linear", "cubic"})
      CHECK(relative_error(sample(x, identity_grid(dims), mode, "zeros", 1).result(), x) < 1e-5);
  }
}

TEST_CASE("GridSample reads beyond the ends as its padding says") {
  const Tensor x = floats({1, 1, 4}, {1, 2, 4, 8});
  // Places -2, -0.25, 3.25 and 5 of an axis whose elements lie at 0 to 3.
  const auto read = [&](const char* mode, const char* padding) {
    const Tensor grid = floats({1, 4, 1}, {-1.75F, -0.875F, 0.875F, 1.75F});
    return sample(x, grid, mode, padding, 0).result();
  };
  CHECK(read("linear", "zeros") == floats({1, 1, 4}, {0, 0.75F, 6, 0}));
  CHECK(read("linear", "border") == floats({1, 1, 4}, {1, 1, 8, 8}));
  CHECK(read("linear", "reflection") == floats({1, 1, 4}, {2, 1, 8, 4}));
  CHECK(read("nearest", "zeros") == floats({1, 1, 4}, {0, 1, 8, 0}));
  CHECK(read("nearest", "border") == floats({1, 1, 4}, {1, 1, 8, 8}));
  CHECK(read("nearest", "reflection") == floats({1, 1, 4}, {2, 1, 8, 4}));
}

TEST_CASE("GridSample mirrors at the first and last element if corners are aligned") {
  const Tensor x = floats({1, 1, 4}, {1, 2, 4, 8});
  // Places -1, 4 and 7: 7 is mirrored twice.
  const Tensor grid = floats({1, 3, 1}, {-5 / 3.0F, 5 / 3.0F, 11 / 3.0F});
  CHECK(relative_error(sample(x, grid, "linear", "reflection", 1).result(),
                       floats({1, 1, 3}, {2, 4, 2})) < 1e-5);
}

TEST_CASE("GridSample of integers loses the fraction, of bool none") {
  const Tensor grid = floats({1, 2, 1}, {0, 1});
  const auto read = [&](const Tensor& x) { return sample(x, grid, "linear", "zeros", 1).result(); };
  CHECK(read(Tensor::of<int32_t>({1, 1, 2}, {-3, 8})) == Tensor::of<int32_t>({1, 1, 2}, {2, 8}));
  CHECK(read(Tensor::of<bool>({1, 1, 2}, {0, 1})) == Tensor::of<bool>({1, 1, 2}, {1, 1}));
  const int64_t large = (int64_t{1} << 60) + 1;
  CHECK(
      sample(Tensor::of<int64_t>({1, 1, 1}, {large}), floats({1, 1, 1}, {0}), "nearest", "zeros", 0)
          .result() == Tensor::of<int64_t>({1, 1, 1}, {large}));
}

TEST_CASE("GridSample takes any coordinate") {
  const Tensor x = floats({1, 1, 2, 2}, {1, 2, 3, 4});
  const float huge = 3e38F;
  const Tensor grid =
      floats({1, 4, 1, 2}, {NAN, 0, INFINITY, -INFINITY, huge, -huge, -INFINITY, NAN});
  for (const char* mode : {"nearest", "linear", "cubic"})
    for (const char* padding : {"zeros", "border", "reflection"})
      for (const int64_t align : {0, 1})
        CHECK(sample(x, grid, mode, padding, align).result().shape() == Shape{1, 1, 4, 1});
  CHECK(sample(x, grid, "nearest", "zeros", 0).result() == floats({1, 1, 4, 1}, {0, 0, 0, 0}));
  CHECK_THAT(sample(x, floats({1, 1, 1}, {0}), "nearest", "zeros", 0).error(),
             ContainsSubstring("grid [1, 1, 1] does not fit"));
  CHECK_THAT(sample(x, grid, "area", "zeros", 0).error(), ContainsSubstring("mode 'area'"));
  CHECK_THAT(sample(floats({1, 1, 0, 2}, {}), grid, "nearest", "zeros", 0).error(),
             ContainsSubstring("no elements"));
}

// A Resize of the last axis by a scale, smoothed.
Tensor shrunk(const Tensor& x, float scale, const char* mode, int64_t exclude = 0) {
  return OpRun("Resize", 18)
      .attribute("mode", std::string(mode))
      .attribute("antialias", int64_t{1})
      .attribute("exclude_outside", exclude)
      .attribute("axes", Ints{-1})
      .input(x)
      .left_out()
      .input(floats({1}, {scale}))
      .result();
}

TEST_CASE("a smoothed Resize weighs all elements that an output covers") {
  // Halved, an output at 2 i + 0.5 has neighbours at distances 0.5 and 1.5 of a reach of 2.
  const Tensor spike = floats({8}, {0, 0, 0, 8, 0, 0, 0, 0});
  CHECK(shrunk(spike, 0.5F, "linear") == floats({4}, {0, 3, 1, 0}));
  // The first one's reach goes beyond the end, where the end goes on, or nothing is.
  const Tensor first = floats({4}, {8, 0, 0, 0});
  CHECK(shrunk(first, 0.5F, "linear") == floats({2}, {4, 0}));
  CHECK(relative_error(shrunk(first, 0.5F, "linear", 1), floats({2}, {24 / 7.0F, 0})) < 1e-6);
}

TEST_CASE("a smoothed Resize leaves a constant as it is, and larger outputs to interpolation") {
  const Tensor flat = floats({2, 7}, std::vector<float>(14, 5));
  for (const char* mode : {"linear", "cubic"})
    for (const int64_t exclude : {0, 1}) {
      const Tensor y = shrunk(flat, 0.45F, mode, exclude);
      CHECK(relative_error(y, floats({2, 3}, std::vector<float>(6, 5))) < 1e-6);
    }
  CHECK(shrunk(floats({2}, {0, 4}), 2, "linear") == floats({4}, {0, 1, 3, 4}));
}

TEST_CASE("Resize of bool and strings, of empty tensors and to nothing") {
  const auto resized = [](const Tensor& x, Ints sizes) {
    return OpRun("Resize", 13).input(x).left_out().left_out().input(int64s(std::move(sizes)));
  };
  CHECK(resized(Tensor::of<bool>({2}, {true, false}), {4}).result() ==
        Tensor::of<bool>({4}, {true, true, false, false}));
  const std::string text = "long enough to be kept elsewhere";
  CHECK(resized(Tensor::of<std::string>({2}, {text, "b"}), {3}).result() ==
        Tensor::of<std::string>({3}, {text, text, "b"}));
  CHECK(resized(floats({0, 2}, {}), {0, 4}).result().shape() == Shape{0, 4});
  CHECK(resized(floats({2}, {1, 2}), {0}).result().shape() == Shape{0});
  CHECK_THAT(resized(floats({0}, {}), {4}).error(), ContainsSubstring("is empty"));
  CHECK_THAT(resized(floats({1}, {1}), {-4}).error(), ContainsSubstring("negative"));
  CHECK_THAT(OpRun("Resize", 13)
                 .input(floats({1}, {1}))
                 .left_out()
                 .input(floats({1}, {1}))
                 .input(int64s({1}))
                 .error(),
             ContainsSubstring("both"));
}

TEST_CASE("blocks of pixels go to depth and back, in either order") {
  const Tensor x = counting<int16_t>({2, 3, 4, 6});
  for (const char* mode : {"DCR", "CRD"}) {
    const auto run = [&](const char* op_type, const Tensor& input) {
      return OpRun(op_type, 28)
          .attribute("blocksize", int64_t{2})
          .attribute("mode", std::string(mode))
          .input(input);
    };
    const Tensor depth = run("SpaceToDepth", x).result();
    CHECK(depth.shape() == Shape{2, 12, 2, 3});
    // Of the second channel, the second row and the first column of each block.
    const int64_t channel = mode[0] == 'D' ? 2 * 3 + 1 : 1 * 4 + 2;
    CHECK(depth.data<int16_t>()[channel * 6] == 1 * 24 + 6);
    CHECK(run("DepthToSpace", depth).result() == x);
  }
  const auto error = [](const char* op_type, int64_t block, Shape shape) {
    return OpRun(op_type).attribute("blocksize", block).input(random_floats(shape, 1)).error();
  };
  CHECK_THAT(error("DepthToSpace", 2, {1, 2, 1, 1}), ContainsSubstring("blocks of 2"));
  CHECK_THAT(error("SpaceToDepth", 2, {1, 1, 2, 3}), ContainsSubstring("blocks of 2"));
  CHECK_THAT(error("SpaceToDepth", 0, {1, 1, 2, 2}), ContainsSubstring("blocksize 0"));
  CHECK_THAT(error("SpaceToDepth", 2, {2, 2}), ContainsSubstring("blocks of 2"));
}

TEST_CASE("NonMaxSuppression keeps the best of overlapping boxes") {
  // Three boxes of one size, each moved by 0.4 of it: neighbours share 3/7, others 1/9.
  OpRun run("NonMaxSuppression", 11);
  run.input(floats({1, 3, 4}, {0, 0, 1, 1, 0, 1.4F, 1, 0.4F, 0, 0.8F, 1, 1.8F}));
  run.input(floats({1, 2, 3}, {0.5F, 0.9F, 0.5F, 0.2F, NAN, 0.2F}));
  const auto kept = [&](int64_t most, float overlap, std::optional<float> score) {
    OpRun limited = run;
    limited.input(int64s({most})).input(floats({}, {overlap}));
    if (score) limited.input(floats({1}, {*score}));
    return limited.result();
  };
  const auto rows = [](Ints values) {
    return Tensor::of<int64_t>({std::ssize(values) / 3, 3}, values);
  };
  CHECK(kept(9, 0.4F, {}) == rows({0, 0, 1, 0, 1, 0, 0, 1, 2}));
  CHECK(kept(9, 0.5F, {}) == rows({0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 1, 2}));
  CHECK(kept(1, 0.5F, {}) == rows({0, 0, 1, 0, 1, 0}));
  CHECK(kept(9, 0.5F, 0.5F) == rows({0, 0, 1}));
  CHECK(kept(0, 0.5F, {}) == rows({}));
  CHECK(run.result() == rows({}));
  CHECK_THAT(OpRun(run).input(int64s({1})).input(floats({}, {2})).error(),
             ContainsSubstring("iou_threshold 2"));
  CHECK_THAT(OpRun("NonMaxSuppression", 11)
                 .input(floats({1, 1, 4}, {0, 0, 1, 1}))
                 .input(floats({1, 1, 2}, {1, 1}))
                 .error(),
             ContainsSubstring("do not fit"));
}

}  // namespace
}  // namespace qtool
