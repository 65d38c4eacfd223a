#include "kernels/simd/quantize.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/saturate.h"
#include "kernels/random_values.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

// Ties, numbers far outside, NaN and infinities among others.
std::vector<float> reals(int64_t count) {
  std::vector<float> x = random_values(count, 1);
  const std::vector<float> special = {NAN, INFINITY, -INFINITY, 1e30F, -1e30F, 0.5F, 1.5F, -2.5F};
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = i % 5 == 2 ? special[i / 5 % special.size()] : x[i] * 400;
  return x;
}

template <class T>
void check(const simd::Channels& s) {
  using Limits = std::numeric_limits<T>;
  const int64_t count = s.outer * s.channels * s.inner;
  const std::vector<float> x = reals(count);
  std::vector<float> scale;
  std::vector<int32_t> zero;
  for (int64_t c = 0; c < s.channels; ++c) {
    scale.push_back(c == 2 ? 1e-40F : 0.5F + 0.37F * static_cast<float>(c));
    zero.push_back(c % 3 == 0 ? Limits::min() : c % 3 == 1 ? Limits::max() : T{3});
  }
  std::vector<T> y(x.size());
  std::vector<T> expected;
  std::vector<float> real(x.size());
  std::vector<float> expected_real;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / static_cast<std::size_t>(s.inner) % scale.size();
    expected.push_back(Saturate<T>(zero[c])(x[i] / scale[c]));
    expected_real.push_back(static_cast<float>(expected[i] - zero[c]) * scale[c]);
  }
  simd::quantize(s, scale.data(), zero.data(), x.data(), y.data());
  CHECK(y == expected);
  simd::dequantize(s, scale.data(), zero.data(), y.data(), real.data());
  CHECK(real == expected_real);
}

template <class T>
void check_type() {
  for (int64_t inner = 1; inner < 140; inner += inner < 70 ? 1 : 19) {
    check<T>({1, 1, inner});
    check<T>({2, 5, inner});
  }
}

}  // namespace

TEST_CASE("vectors are quantized and dequantized as the rule says") {
  for_each_target([] {
    check_type<uint8_t>();
    check_type<int8_t>();
    check_type<uint16_t>();
    check_type<int16_t>();
  });
}

TEST_CASE("the range of vectors contains 0 and leaves NaN out") {
  for_each_target([] {
    for (int64_t count = 1; count < 70; ++count) {
      std::vector<float> x = random_values(count, 1);
      float low = 0;
      float high = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % 11 == 3) x[i] = NAN;
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
      }
      CHECK(simd::range_of(count, x.data()) == std::pair(low, high));
    }
    const std::vector<float> positive(37, 2.0F);
    CHECK(simd::range_of(37, positive.data()) == std::pair(0.0F, 2.0F));
  });
}

}  // namespace qtool
