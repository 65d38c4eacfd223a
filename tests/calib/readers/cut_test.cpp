#include "calib/readers/cut.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

// An input of these sizes; −1 is free.
ValueType input(const std::vector<int64_t>& dims) {
  ValueType type = tensor_type(DType::kFloat32, {});
  for (const int64_t dim : dims) type.shape->push_back({dim, {}});
  return type;
}

std::string error_of_cut(const Shape& array, const std::vector<int64_t>& dims) {
  return error_of([&] { cut_array(array, input(dims)); });
}

}  // namespace

TEST_CASE("rows of axis 0 are samples") {
  CHECK(cut_array({5, 3, 4}, input({1, 3, 4})) == Cut{5, {1, 3, 4}});
  CHECK(cut_array({5, 3, 4}, input({-1, 3, -1})) == Cut{5, {1, 3, 4}});
  CHECK(cut_array({1, 3, 4}, input({1, 3, 4})) == Cut{1, {1, 3, 4}});
  CHECK(cut_array({0, 3, 4}, input({1, 3, 4})).count == 0);
}

TEST_CASE("a fixed batch takes as many rows a sample") {
  CHECK(cut_array({6, 3}, input({2, 3})) == Cut{3, {2, 3}});
  CHECK(error_of_cut({5, 3}, {2, 3}) ==
        "5 rows on axis 0 are no multiple of the model's batch of 2");
  CHECK(error_of_cut({4, 3}, {0, 3}) ==
        "4 rows on axis 0 are no multiple of the model's batch of 0");
  CHECK(cut_array({0, 3}, input({0, 3})) == Cut{1, {0, 3}});
}

TEST_CASE("an array without the batch axis is one sample") {
  CHECK(cut_array({3, 4}, input({1, 3, 4})) == Cut{1, {1, 3, 4}});
  CHECK(cut_array({3, 4}, input({-1, 3, 4})) == Cut{1, {1, 3, 4}});
  CHECK(cut_array({}, input({-1})) == Cut{1, {1}});
  CHECK_THAT(error_of_cut({3, 4}, {2, 3, 4}), ContainsSubstring("expected shape [2, 3, 4]"));
}

TEST_CASE("whole inputs stacked on a new axis are samples") {
  CHECK(cut_array({7, 2, 3}, input({2, 3})) == Cut{7, {2, 3}});
  CHECK(cut_array({7, 2, 3}, input({-1, 3})) == Cut{7, {2, 3}});
  CHECK(cut_array({7}, input({})) == Cut{7, {}});
  CHECK(cut_array({}, input({})) == Cut{1, {}});
}

TEST_CASE("an input of unknown rank takes rows as they are") {
  const ValueType unknown{DType::kFloat32, std::nullopt};
  CHECK(cut_array({4, 5, 6}, unknown) == Cut{4, {1, 5, 6}});
  CHECK(cut_array({}, unknown) == Cut{1, {}});
}

TEST_CASE("a shape that does not fit is told with the expected one") {
  CHECK(error_of_cut({5, 4, 4}, {-1, 3, 4}) == "expected shape [?, 3, 4], got [5, 4, 4]");
  CHECK(error_of_cut({4}, {1, 3, 4}) == "expected shape [1, 3, 4], got [4]");
  CHECK(error_of_cut({2, 2, 1, 3, 4}, {1, 3, 4}) ==
        "expected shape [1, 3, 4], got [2, 2, 1, 3, 4]");
}

TEST_CASE("an array with the channels last is told as such") {
  const std::string hint = "; if its channels lie last, give --layout nhwc";
  CHECK(error_of_cut({5, 8, 9, 3}, {-1, 3, 8, 9}) ==
        "expected shape [?, 3, 8, 9], got [5, 8, 9, 3]" + hint);
  CHECK(error_of_cut({8, 9, 3}, {-1, 3, 8, 9}) ==
        "expected shape [?, 3, 8, 9], got [8, 9, 3]" + hint);
  CHECK(error_of_cut({5, 9, 8, 3}, {-1, 3, 8, 9}) ==
        "expected shape [?, 3, 8, 9], got [5, 9, 8, 3]");
  CHECK(channels_last(input({-1, 3, 8, 9})) == input({-1, 8, 9, 3}));
  CHECK(channels_last(input({-1, 3, 8})) == input({-1, 3, 8}));
}

TEST_CASE("a sample is a view of its rows") {
  const Tensor array = Tensor::of<int16_t>({4, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const Tensor sample = sample_of(array, {2, {2, 2}}, 1);
  CHECK(sample == Tensor::of<int16_t>({2, 2}, {4, 5, 6, 7}));
  CHECK(sample.raw() == array.data<int16_t>() + 4);
}

TEST_CASE("samples of strings are cut as those of numbers") {
  const Tensor array = Tensor::of<std::string>({2, 2}, {"a", "b", "c", "d"});
  CHECK(sample_of(array, {2, {1, 2}}, 1) == Tensor::of<std::string>({1, 2}, {"c", "d"}));
}
