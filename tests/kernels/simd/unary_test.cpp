#include "kernels/simd/unary.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/random_values.h"
#include "kernels/reference/activation.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;
using simd::Unary;

// Floats of both signs and all exponents, infinities and NaN among them.
std::vector<float> all_exponents() {
  std::vector<float> values;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 30011)
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  values.insert(values.end(), {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 1.0F, -1.0F, 88.7F, -103.9F});
  return values;
}

// Distance in units of the last place of `expected`; of denormal numbers, of the smallest normal.
double units(float actual, double expected) {
  if (std::isnan(expected)) return std::isnan(actual) ? 0 : INFINITY;
  const auto rounded = static_cast<float>(expected);
  if (actual == rounded) return 0;
  if (!std::isfinite(actual) || !std::isfinite(rounded)) return INFINITY;
  const float magnitude = std::max(std::abs(rounded), 1.1754944e-38F);
  return std::abs(actual - expected) / (std::nextafter(magnitude, INFINITY) - magnitude);
}

template <class F>
double worst_units(Unary f, const F& exact, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  simd::unary(f, {}, std::ssize(x), x.data(), y.data());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, units(y[i], exact(static_cast<double>(x[i]))));
  return worst;
}

// The reference's bits, whatever the number of elements.
template <class F>
void check_bits(Unary f, const simd::Parameters& p, const F& reference) {
  const std::vector<float> x = all_exponents();
  std::vector<float> y(x.size());
  simd::unary(f, p, std::ssize(x), x.data(), y.data());
  int wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float expected = reference(x[i]);
    wrong += std::isnan(expected)
                 ? !std::isnan(y[i])
                 : std::bit_cast<uint32_t>(y[i]) != std::bit_cast<uint32_t>(expected);
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("algebraic functions of vectors have the reference's bits") {
  namespace ref = reference;
  for_each_target([] {
    check_bits(Unary::kAbs, {}, ref::Abs{});
    check_bits(Unary::kNeg, {}, ref::Neg{});
    check_bits(Unary::kSqrt, {}, [](float x) { return std::sqrt(x); });
    check_bits(Unary::kReciprocal, {}, [](float x) { return 1 / x; });
    check_bits(Unary::kFloor, {}, [](float x) { return std::floor(x); });
    check_bits(Unary::kCeil, {}, [](float x) { return std::ceil(x); });
    check_bits(Unary::kRound, {}, ref::Round{});
    check_bits(Unary::kRelu, {}, ref::Relu{});
    check_bits(Unary::kLeakyRelu, {0.3F}, ref::LeakyRelu{0.3F});
    check_bits(Unary::kClip, {-2, 6}, ref::Clip<float>{-2, 6});
    check_bits(Unary::kClip, {3, 1}, ref::Clip<float>{3, 1});
    check_bits(Unary::kHardSigmoid, {0.2F, 0.5F}, ref::HardSigmoid{});
    check_bits(Unary::kHardSwish, {}, ref::HardSwish{});
  });
}

TEST_CASE("transcendental functions of vectors are near the true values") {
  const std::vector<float> x = all_exponents();
  for_each_target([&] {
    CHECK(worst_units(
              Unary::kExp, [](double v) { return std::exp(v); }, x) <= 2);
    CHECK(worst_units(
              Unary::kTanh, [](double v) { return std::tanh(v); }, x) <= 3);
    CHECK(worst_units(
              Unary::kErf, [](double v) { return std::erf(v); }, x) <= 4);
  });
}

TEST_CASE("smooth activations of vectors are near the true values") {
  std::vector<float> x;
  for (float v = -12; v < 12; v += 0.001F) x.push_back(v);
  const auto worst = [&](Unary f, const simd::Parameters& p, auto exact) {
    std::vector<float> y(x.size());
    simd::unary(f, p, std::ssize(x), x.data(), y.data());
    double error = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      error =
          std::max(error, std::abs(y[i] - exact(double{x[i]})) / std::max(1.0F, std::abs(x[i])));
    return error;
  };
  for_each_target([&] {
    CHECK(worst(Unary::kSigmoid, {}, reference::Sigmoid{}) < 2e-7);
    CHECK(worst(Unary::kSwish, {1.702F}, reference::Swish{1.702F}) < 3e-7);
    CHECK(worst(Unary::kGelu, {}, reference::Gelu{}) < 2e-7);
    CHECK(worst(Unary::kGeluTanh, {}, reference::GeluTanh{}) < 3e-7);
  });
}

TEST_CASE("rows of every length get a bias and a function") {
  for_each_target([] {
    for (int64_t count = 1; count < 40; ++count) {
      std::vector<float> x = random_values(3 * count, 1);
      const std::vector<float> bias = random_values(count, 2);
      std::vector<float> expected;
      for (std::size_t i = 0; i < x.size(); ++i)
        expected.push_back(std::max(0.0F, x[i] + bias[i % bias.size()]));
      simd::unary_with_bias(Unary::kRelu, {}, 3, count, x.data(), bias.data(), x.data());
      CHECK(x == expected);
    }
  });
}

}  // namespace qtool
