#include "base/exact_sum.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace qtool {

void ExactSum::add(double number) {
  int exponent = 0;
  const double fraction = std::frexp(number, &exponent);
  QTOOL_ASSERT(exponent <= 300);
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

// The same sum with each limb in [-2^31, 2^31).
ExactSum ExactSum::carried() const {
  ExactSum result = *this;
  for (std::size_t i = 0; i + 1 < result.limbs_.size(); ++i) {
    const int64_t carry = (result.limbs_[i] + (int64_t{1} << 31)) >> 32;
    result.limbs_[i] -= carry * (int64_t{1} << 32);
    result.limbs_[i + 1] += carry;
  }
  return result;
}

double ExactSum::value() const {
  const ExactSum sum = carried();
  double value = 0;
  for (std::size_t i = kLimbs; i-- > 0;)
    value += std::ldexp(static_cast<double>(sum.limbs_[i]), kLastPlace + 32 * static_cast<int>(i));
  return value;
}

std::string ExactSum::text() const {
  ExactSum sum = carried();
  const auto is_used = [](int64_t limb) { return limb != 0; };
  const auto highest = std::find_if(sum.limbs_.rbegin(), sum.limbs_.rend(), is_used);
  if (highest == sum.limbs_.rend()) return "0";
  const bool is_negative = *highest < 0;
  if (is_negative)
    for (int64_t& limb : sum.limbs_) limb = -limb;
  for (std::size_t i = 0; i + 1 < sum.limbs_.size(); ++i)  // digits: each limb in [0, 2^32)
    if (sum.limbs_[i] < 0) {
      sum.limbs_[i] += int64_t{1} << 32;
      --sum.limbs_[i + 1];
    }
  const auto lowest = std::find_if(sum.limbs_.begin(), sum.limbs_.end(), is_used);
  std::string digits;
  for (auto it = sum.limbs_.end(); it != lowest;) digits += fmt::format("{:08x}", *--it);
  digits.erase(0, digits.find_first_not_of('0'));
  return fmt::format("{}{}p{}", is_negative ? "-" : "", digits,
                     kLastPlace + 32 * (lowest - sum.limbs_.begin()));
}

ExactSum ExactSum::of(std::string_view text) {
  ExactSum sum;
  if (text == "0") return sum;
  const auto refuse = [text]() { fail("'{}' is no exact sum", text); };
  const bool is_negative = text.starts_with('-');
  const std::size_t p = text.find('p');
  if (p == text.npos || text.size() > 200) refuse();
  std::string_view digits = text.substr(is_negative, p - is_negative);
  if (digits.empty()) refuse();
  int place = 0;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data() + p + 1, end, place);
      read.ec != std::errc() || read.ptr != end || place < kLastPlace ||
      place >= kLastPlace + 32 * kLimbs || (place - kLastPlace) % 32 != 0)
    refuse();
  for (auto limb = static_cast<std::size_t>((place - kLastPlace) / 32); !digits.empty(); ++limb) {
    const std::size_t length = std::min<std::size_t>(digits.size(), 8);
    const std::string_view part = digits.substr(digits.size() - length);
    if (limb >= kLimbs) refuse();
    const auto read = std::from_chars(part.data(), part.data() + length, sum.limbs_[limb], 16);
    if (read.ec != std::errc() || read.ptr != part.data() + length || sum.limbs_[limb] < 0)
      refuse();
    if (is_negative) sum.limbs_[limb] = -sum.limbs_[limb];
    digits.remove_suffix(length);
  }
  return sum;
}

}  // namespace qtool
