#include "kernels/simd/requantize.h"

#include <cmath>
#include <cstring>

#include "kernels/random_values.h"
#include "kernels/requantize.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;

constexpr int64_t kRows = 3;

std::vector<int32_t> random_sums(int64_t count, unsigned seed, int bits) {
  std::mt19937 generator(seed);
  std::vector<int32_t> sums(static_cast<std::size_t>(count));
  for (int32_t& sum : sums) sum = static_cast<int32_t>(generator()) >> (32 - bits);
  return sums;
}

// The same bits as the rule applied to every sum, in rows that lie apart.
template <class T>
void check_rows(int64_t channels, const std::vector<int32_t>& bias, int bits,
                const std::vector<float>& multiplier, int32_t zero_point) {
  const int64_t stride = channels + 5;
  const std::vector<int32_t> acc = random_sums(kRows * stride, 1, bits);
  std::vector<T> y(static_cast<std::size_t>(kRows * stride), T{1});
  std::vector<T> expected = y;
  const Requantize<T> rule(multiplier.data(), zero_point);
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < channels; ++c) {
      const auto at = static_cast<std::size_t>(r * stride + c);
      const uint32_t added = bias.empty() ? 0 : static_cast<uint32_t>(bias[std::size_t(c)]);
      expected[at] = rule(static_cast<int32_t>(static_cast<uint32_t>(acc[at]) + added), c);
    }
  simd::requantize<T>({acc.data(), kRows, channels, stride}, bias.empty() ? nullptr : bias.data(),
                      multiplier.data(), zero_point, y.data(), stride);
  CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(T)) == 0);
}

template <class T>
void check_type(int32_t zero_point) {
  for (int64_t channels = 1; channels < 140; channels += channels < 70 ? 1 : 23) {
    std::vector<float> multiplier = random_values(channels, 2);
    check_rows<T>(channels, {}, 12, multiplier, zero_point);
    check_rows<T>(channels, random_sums(channels, 3, 32), 32, multiplier, zero_point);
    for (std::size_t c = 0; c < multiplier.size(); ++c)
      multiplier[c] = c % 3 == 0 ? NAN : c % 3 == 1 ? INFINITY : 0.5F;
    check_rows<T>(channels, {}, 3, multiplier, zero_point);  // zeros, and ties
  }
}

}  // namespace

TEST_CASE("vectors of sums are requantized as the rule says") {
  for_each_target([] {
    check_type<uint8_t>(0);
    check_type<uint8_t>(131);
    check_type<int8_t>(-128);
    check_type<int8_t>(7);
  });
}

TEST_CASE("vectors of sums become real numbers as the rule says") {
  for_each_target([] { check_type<float>(0); });
}

}  // namespace qtool
