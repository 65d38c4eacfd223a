#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "kernels/reference/copy.h"
#include "kernels/reference/strided_loop.h"

namespace qtool::reference {
namespace {

// Walks a loop element by element: what a row's i-th element is, is the row's offset plus steps.
template <std::size_t N>
std::vector<std::array<int64_t, N>> visited(const StridedLoop<N>& loop) {
  std::vector<std::array<int64_t, N>> all;
  loop.each_row([&](std::array<int64_t, N> offsets) {
    for (int64_t i = 0; i < loop.row_length(); ++i) {
      all.push_back(offsets);
      for (std::size_t k = 0; k < N; ++k) offsets[k] += loop.row_strides()[k];
    }
  });
  return all;
}

TEST_CASE("a strided loop visits every index in row-major order") {
  const Extents dims = {2, 1, 3, 4};
  const Extents a = {1, 5, 2, 100};
  const Extents b = {0, 0, 7, 0};
  std::vector<std::array<int64_t, 2>> expected;
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t k = 0; k < 4; ++k) expected.push_back({i + 2 * j + 100 * k, 7 * j});
  CHECK(visited(StridedLoop<2>(dims, {a, b})) == expected);
}

TEST_CASE("a strided loop merges what lies together") {
  const Extents dims = {2, 3, 4, 5};
  const Extents whole = row_major_strides(dims);
  CHECK(whole == Extents{60, 20, 5, 1});
  CHECK(StridedLoop<1>(dims, {whole}).row_length() == 120);
  const Extents channel = broadcast_strides({3, 1, 1}, dims);
  CHECK(channel == Extents{0, 1, 0, 0});
  CHECK(StridedLoop<2>(dims, {whole, channel}).row_length() == 20);
  CHECK(StridedLoop<2>(dims, {whole, broadcast_strides({}, dims)}).row_length() == 120);
}

TEST_CASE("a strided loop over a scalar runs once, over nothing never") {
  CHECK(visited(StridedLoop<1>({}, {Extents{}})).size() == 1);
  CHECK(visited(StridedLoop<1>({1, 1}, {Extents{9, 9}})).size() == 1);
  CHECK(visited(StridedLoop<1>({3, 0}, {Extents{0, 1}})).empty());
  CHECK(visited(StridedLoop<1>({0, 3}, {Extents{7, 1}})).empty());
}

template <class T>
void check_transposition() {
  std::vector<T> x(6);
  std::iota(x.begin(), x.end(), T(1));
  std::vector<T> y(6);
  copy(StridedLoop<2>({3, 2}, {Extents{2, 1}, Extents{1, 3}}), sizeof(T), y.data(), x.data());
  CHECK(y == std::vector<T>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("copy moves elements of any size") {
  check_transposition<int8_t>();
  check_transposition<int16_t>();
  check_transposition<float>();
  check_transposition<int64_t>();
}

TEST_CASE("pick takes indices along every axis and fills where there is none") {
  const std::vector<int16_t> x = {1, 2, 3, 4, 5, 6};  // [2, 3]
  const int16_t fill = 9;
  std::vector<int16_t> y(12);
  pick({2, 3}, {{1, -1, 0}, {2, -1, 0, 0}}, sizeof(int16_t), x.data(), &fill, y.data());
  CHECK(y == std::vector<int16_t>{6, 9, 4, 4, 9, 9, 9, 9, 3, 9, 1, 1});
}

TEST_CASE("gather takes slices along the middle axis") {
  const std::vector<int32_t> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // [2, 3, 2]
  const std::vector<int64_t> indices = {2, 0};
  std::vector<int32_t> y(8);
  gather(2, 3, 2, sizeof(int32_t), x.data(), indices.data(), 2, y.data());
  CHECK(y == std::vector<int32_t>{4, 5, 0, 1, 10, 11, 6, 7});
}

TEST_CASE("select takes from one array or the other") {
  const bool condition[] = {true, false};
  const std::vector<int64_t> a = {1, 2, 3, 4};
  const int64_t b = 0;
  std::vector<int64_t> y(4);
  select(StridedLoop<4>({2, 2}, {Extents{2, 1}, Extents{1, 0}, Extents{2, 1}, Extents{0, 0}}),
         sizeof(int64_t), y.data(), condition, a.data(), &b);
  CHECK(y == std::vector<int64_t>{1, 2, 0, 0});
}

}  // namespace
}  // namespace qtool::reference
