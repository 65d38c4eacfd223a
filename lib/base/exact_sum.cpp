#include "base/exact_sum.h"

#include <cmath>

#include "base/error.h"

namespace qtool {

void ExactSum::add(double number) {
  int exponent = 0;
  const double fraction = std::frexp(number, &exponent);
  QTOOL_ASSERT(exponent <= 127);
  auto magnitude = static_cast<uint64_t>(std::ldexp(std::fabs(fraction), 53));
  int place = exponent - 53 - kLastPlace;  // of its last bit
  if (place < 0) {
    magnitude = place <= -64 ? 0 : magnitude >> -place;
    place = 0;
  }
  constexpr uint64_t kMask = 0xffffffff;
  const uint64_t low = (magnitude & kMask) << (place % 32);
  const uint64_t high = (magnitude >> 32) << (place % 32);
  const std::array<uint64_t, 3> parts = {low & kMask, (low >> 32) + (high & kMask), high >> 32};
  const auto first = static_cast<std::size_t>(place / 32);
  for (std::size_t i = 0; i < parts.size(); ++i)
    limbs_[first + i] += (number < 0 ? -1 : 1) * static_cast<int64_t>(parts[i]);
}

void ExactSum::add(const ExactSum& other) {
  for (std::size_t i = 0; i < limbs_.size(); ++i) limbs_[i] += other.limbs_[i];
}

double ExactSum::value() const {
  std::array<int64_t, kLimbs> limbs = limbs_;
  for (std::size_t i = 0; i + 1 < limbs.size(); ++i) {  // carries: each limb in [-2^31, 2^31)
    const int64_t carry = (limbs[i] + (int64_t{1} << 31)) >> 32;
    limbs[i] -= carry * (int64_t{1} << 32);
    limbs[i + 1] += carry;
  }
  double sum = 0;
  for (std::size_t i = limbs.size(); i-- > 0;)
    sum += std::ldexp(static_cast<double>(limbs[i]), kLastPlace + 32 * static_cast<int>(i));
  return sum;
}

}  // namespace qtool
