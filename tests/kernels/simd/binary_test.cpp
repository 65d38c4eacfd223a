#include "kernels/simd/binary.h"

#include <cmath>
#include <cstring>

#include "kernels/random_values.h"
#include "kernels/reference/binary.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

std::vector<float> operand(int64_t count, unsigned seed) {
  std::vector<float> values = random_values(count, seed);
  const std::vector<float> special = {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 0.5F};
  for (std::size_t i = 0; i < values.size(); ++i)
    if ((i * 7 + seed) % 3 == 0) values[i] = special[(i + seed) % special.size()];
  return values;
}

template <class F>
void check(simd::Binary f, int64_t count, int64_t a_step, int64_t b_step) {
  const std::vector<float> a = operand(count, 1);
  const std::vector<float> b = operand(count, 2);
  std::vector<float> y(a.size());
  simd::binary_row(f)(count, a.data(), a_step, b.data(), b_step, y.data());
  int wrong = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float actual = y[static_cast<std::size_t>(i)];
    const float expected =
        F{}(a[static_cast<std::size_t>(i * a_step)], b[static_cast<std::size_t>(i * b_step)]);
    wrong += std::isnan(expected) ? !std::isnan(actual)
                                  : std::memcmp(&actual, &expected, sizeof(float)) != 0;
  }
  CHECK(wrong == 0);
}

template <class F>
void check_all(simd::Binary f) {
  for (int64_t count = 1; count < 50; ++count) {
    check<F>(f, count, 1, 1);
    check<F>(f, count, 0, 1);
    check<F>(f, count, 1, 0);
  }
}

}  // namespace

TEST_CASE("functions of two vectors have the reference's bits") {
  for_each_target([] {
    check_all<reference::Add>(simd::Binary::kAdd);
    check_all<reference::Sub>(simd::Binary::kSub);
    check_all<reference::Mul>(simd::Binary::kMul);
    check_all<reference::Div>(simd::Binary::kDiv);
    check_all<reference::Min>(simd::Binary::kMin);
    check_all<reference::Max>(simd::Binary::kMax);
  });
}

}  // namespace qtool
