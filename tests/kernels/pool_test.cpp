#include "kernels/reference/pool.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "conv_cases.h"
#include "random_values.h"

namespace qtool {
namespace {

using namespace testing;

// What the window of output [h, w] holds: nothing where it lies in the padding, and no entry at all
// beyond the padding.
std::vector<std::optional<int64_t>> window_at(const Window& v, int64_t h, int64_t w) {
  std::vector<std::optional<int64_t>> held;
  for (int64_t i = 0; i < v.kernel[1]; ++i)
    for (int64_t j = 0; j < v.kernel[2]; ++j) {
      const int64_t y = h * v.stride[1] - v.pad_begin[1] + i * v.dilation[1];
      const int64_t x = w * v.stride[2] - v.pad_begin[2] + j * v.dilation[2];
      if (y >= v.input[1] + v.pad_end[1] || x >= v.input[2] + v.pad_end[2]) continue;
      const bool inside = y >= 0 && y < v.input[1] && x >= 0 && x < v.input[2];
      held.push_back(inside ? std::optional(y * v.input[2] + x) : std::nullopt);
    }
  return held;
}

std::vector<Window> windows() {
  std::vector<Window> all;
  for (const ConvCase& c : conv_cases())
    if (c.pad_begin < c.kernel && c.pad_end < c.kernel) all.push_back(conv_shape(c).window);
  // As ceil_mode makes it: the last windows begin in the input and end beyond the padding.
  all.push_back({.rank = 2,
                 .input = {1, 6, 6},
                 .kernel = {1, 3, 3},
                 .output = {1, 4, 4},
                 .stride = {1, 2, 2},
                 .pad_begin = {0, 1, 1},
                 .pad_end = {0, 1, 1}});
  return all;
}

TEST_CASE("maximum pooling follows the definition") {
  for (const Window& v : windows()) {
    const std::vector<float> x = random_values(3 * volume(v.input), 1);
    std::vector<float> y(static_cast<std::size_t>(3 * volume(v.output)));
    std::vector<int64_t> indices(y.size());
    reference::max_pool(v, 3, x.data(), y.data(), indices.data());
    std::vector<float> plain(y.size());
    reference::max_pool(v, 3, x.data(), plain.data(), nullptr);
    CHECK(plain == y);
    std::size_t at = 0;
    int wrong = 0;
    for (int64_t p = 0; p < 3; ++p)
      for (int64_t h = 0; h < v.output[1]; ++h)
        for (int64_t w = 0; w < v.output[2]; ++w, ++at) {
          float largest = -INFINITY;
          for (const auto& index : window_at(v, h, w))
            if (index)
              largest =
                  std::max(largest, x[static_cast<std::size_t>(p * volume(v.input) + *index)]);
          wrong += y[at] != largest || x[static_cast<std::size_t>(indices[at])] != largest;
        }
    CHECK(wrong == 0);
  }
}

TEST_CASE("the index of a maximum is that of the first") {
  const Window v = {.rank = 1, .input = {1, 1, 4}, .kernel = {1, 1, 4}};
  const std::vector<int8_t> x = {1, 3, 3, 2};
  int8_t y = 0;
  int64_t index = -1;
  reference::max_pool(v, 1, x.data(), &y, &index);
  CHECK(y == 3);
  CHECK(index == 1);
}

TEST_CASE("average pooling follows the definition") {
  for (const Window& v : windows())
    for (const bool count_padding : {false, true}) {
      const std::vector<float> x = random_values(2 * volume(v.input), 2);
      std::vector<float> y(static_cast<std::size_t>(2 * volume(v.output)));
      reference::average_pool(v, 2, count_padding, x.data(), y.data());
      std::vector<float> expected;
      for (int64_t p = 0; p < 2; ++p)
        for (int64_t h = 0; h < v.output[1]; ++h)
          for (int64_t w = 0; w < v.output[2]; ++w) {
            double sum = 0;
            int count = 0;
            for (const auto& index : window_at(v, h, w)) {
              if (index) sum += x[static_cast<std::size_t>(p * volume(v.input) + *index)];
              count += index || count_padding;
            }
            expected.push_back(static_cast<float>(sum / count));
          }
      CHECK(relative_error(y, expected) < 1e-6);
    }
}

}  // namespace
}  // namespace qtool
