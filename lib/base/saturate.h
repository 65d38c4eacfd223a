#pragma once

#include <cstdint>
#include <limits>

namespace qtool {

/// The last step of every quantization to integers of at most 16 bits, held in T:
/// saturate(round_half_even(x) + zero_point), where x is a real number already divided by the
/// scale. NaN gives the zero point, infinities saturate. Made of what every vector unit has, so
/// that loops over it vectorize.
template <class T>
class Saturate {
 public:
  /// Results lie in [min, max], which `zero_point` is within.
  explicit Saturate(int32_t zero_point, int32_t min = std::numeric_limits<T>::min(),
                    int32_t max = std::numeric_limits<T>::max())
      : low_(static_cast<float>(min - zero_point)),
        high_(static_cast<float>(max - zero_point)),
        zero_point_(zero_point) {}

  T operator()(float x) const {
    x = x == x ? x : 0.0f;
    x = x > low_ ? x : low_;
    x = x < high_ ? x : high_;
    // |x| is now below 2^17. Near 1.5 * 2^23 floats are the integers, so that the addition rounds,
    // to even as the default rounding mode says.
    constexpr float kIntegers = 12582912.0f;
    return static_cast<T>(static_cast<int32_t>((x + kIntegers) - kIntegers) + zero_point_);
  }

 private:
  float low_;
  float high_;
  int32_t zero_point_;
};

}  // namespace qtool
