#include "kernels/simd/qlinear.h"

#include <random>
#include <vector>

#include "base/saturate.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

template <class T>
std::vector<T> random_bytes(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(generator());
  return values;
}

float real(const simd::ByteScale& s, int32_t q) {
  return static_cast<float>(q - s.zero_point) * s.scale;
}

template <class T>
void check(const simd::QLinearRule& rule, int64_t count, int64_t a_step, int64_t b_step) {
  const auto a = random_bytes<T>(count, 1);
  const auto b = random_bytes<T>(count, 2);
  std::vector<T> expected;
  for (int64_t i = 0; i < count; ++i) {
    const float x = real(rule.a, a[static_cast<std::size_t>(i * a_step)]);
    const float y = real(rule.b, b[static_cast<std::size_t>(i * b_step)]);
    const float z = rule.f == simd::QLinear::kAdd ? x + y : x * y;
    expected.push_back(Saturate<T>(rule.y.zero_point)(z / rule.y.scale));
  }
  std::vector<T> y(a.size());
  simd::qlinear_row(rule, count, a.data(), a_step, b.data(), b_step, y.data());
  CHECK(y == expected);
}

template <class T>
void check_all(simd::QLinearRule rule) {
  for (const auto f : {simd::QLinear::kAdd, simd::QLinear::kMul}) {
    rule.f = f;
    for (int64_t count = 1; count < 150; ++count) {
      check<T>(rule, count, 1, 1);
      check<T>(rule, count, 0, 1);
      check<T>(rule, count, 1, 0);
    }
  }
}

}  // namespace

TEST_CASE("sums and products of quantized vectors follow the formula") {
  for_each_target([] {
    check_all<uint8_t>({.a = {0.03F, 120}, .b = {0.017F, 7}, .y = {0.041F, 200}});
    check_all<int8_t>({.a = {0.5F, -3}, .b = {0.25F, 0}, .y = {0.5F, 11}});  // ties
    check_all<int8_t>({.a = {1, 0}, .b = {1, 0}, .y = {0, 4}});              // NaN and infinities
  });
}

}  // namespace qtool
