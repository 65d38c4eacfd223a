#include "kernels/transpose.h"

#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <vector>

#include "kernels/simd/targets.h"

namespace qtool {
namespace {

template <class T>
void check_transpose(int64_t batch, int64_t rows, int64_t columns) {
  std::vector<T> x(static_cast<std::size_t>(batch * rows * columns)), y(x.size()), right(x.size());
  std::iota(x.begin(), x.end(), T{1});
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        right[static_cast<std::size_t>((n * columns + c) * rows + r)] =
            x[static_cast<std::size_t>((n * rows + r) * columns + c)];
  transpose(batch, rows, columns, x.data(), y.data());
  CHECK(y == right);
}

}  // namespace

TEST_CASE("matrices of all element sizes are transposed") {
  testing::for_each_target([] {
    for (const int64_t rows : {1, 3, 8, 16, 17, 33, 70})
      for (const int64_t columns : {1, 2, 5, 16, 31, 64, 65, 130}) {
        check_transpose<uint8_t>(2, rows, columns);
        check_transpose<uint16_t>(1, rows, columns);
        check_transpose<uint32_t>(2, rows, columns);
        check_transpose<uint64_t>(1, rows, columns);
      }
  });
}

TEST_CASE("a matrix is transposed into columns of a wider one") {
  testing::for_each_target([] {
    const std::vector<uint16_t> x = {1, 2, 3, 4, 5, 6};
    std::vector<uint16_t> y(9, 0);
    transpose_into(2, 3, x.data(), y.data(), 3);
    CHECK(y == std::vector<uint16_t>{1, 4, 0, 2, 5, 0, 3, 6, 0});
  });
}

}  // namespace qtool
