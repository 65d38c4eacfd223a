#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "kernels/reference/convert.h"
#include "kernels/reference/strided_loop.h"

namespace qtool::reference {

/// Sums are taken in double for floating-point numbers, in 64 bits that wrap around for integers.
template <class T>
using ReduceSumType = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

/// What a reduction does: the value it starts from, what an element adds to it, how two values are
/// put together, and what becomes of the value of `count` elements.
template <class T>
struct SumOf {
  using Value = ReduceSumType<T>;
  static constexpr Value kStart = 0;
  static Value take(T x) { return static_cast<Value>(x); }
  static Value merge(Value a, Value b) { return a + b; }
  static T finish(Value sum, int64_t) { return static_cast<T>(sum); }
};

template <class T>
struct SumSquareOf : SumOf<T> {
  using Value = ReduceSumType<T>;
  static Value take(T x) { return static_cast<Value>(x) * static_cast<Value>(x); }
};

/// Σ |x|.
template <class T>
struct L1Of : SumOf<T> {
  using Value = ReduceSumType<T>;
  static Value take(T x) { return x < T(0) ? -static_cast<Value>(x) : static_cast<Value>(x); }
};

/// Integers are truncated. Throws Error for the mean of no integers.
template <class T>
struct MeanOf : SumOf<T> {
  using Value = ReduceSumType<T>;
  static T finish(Value sum, int64_t count) {
    using Quotient =
        std::conditional_t<std::is_signed_v<T> && std::is_integral_v<T>, int64_t, Value>;
    if (std::is_integral_v<T> && count == 0) fail("the mean of no integers is not defined");
    return static_cast<T>(static_cast<Quotient>(sum) / static_cast<Quotient>(count));
  }
};

template <class T>
struct ProdOf : SumOf<T> {
  using Value = ReduceSumType<T>;
  static constexpr Value kStart = 1;
  static Value merge(Value a, Value b) { return a * b; }
};

/// √(Σ x²), in double; integers are truncated.
template <class T>
struct L2Of : SumSquareOf<double> {
  static T finish(double sum, int64_t) { return convert_value<T>(std::sqrt(sum)); }
};

/// log(Σ x), in double; integers are truncated.
template <class T>
struct LogSumOf : SumOf<double> {
  static T finish(double sum, int64_t) { return convert_value<T>(std::log(sum)); }
};

/// log(Σ exp(x)), in double; integers are truncated. The sum is kept as a part of the exponential
/// of the largest element, so that nothing overflows.
template <class T>
struct LogSumExpOf {
  struct Value {
    double largest;
    double sum;
  };
  static constexpr Value kStart = {-std::numeric_limits<double>::infinity(), 0};
  static Value take(T x) { return {static_cast<double>(x), 1}; }
  static Value merge(Value a, Value b) {
    if (b.largest > a.largest) std::swap(a, b);
    if (a.largest == b.largest) return {a.largest, a.sum + b.sum};
    return {a.largest, a.sum + b.sum * std::exp(b.largest - a.largest)};
  }
  static T finish(Value value, int64_t) {
    return convert_value<T>(value.largest + std::log(value.sum));
  }
};

/// Of no elements the lowest number of the type. NaN if there is one.
template <class T>
struct MaxOf {
  using Value = T;
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? -std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::lowest();
  static T take(T x) { return x; }
  static T merge(T a, T b) { return b > a || b != b ? b : a; }
  static T finish(T largest, int64_t) { return largest; }
};

/// Of no elements the largest number of the type. NaN if there is one.
template <class T>
struct MinOf : MaxOf<T> {
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::max();
  static T merge(T a, T b) { return b < a || b != b ? b : a; }
};

/// Reduces `count` neighbours to one value, several at a time.
template <class Reduction, class T>
typename Reduction::Value reduce_row(const T* x, int64_t count) {
  constexpr int64_t kLanes = 8;
  std::array<typename Reduction::Value, kLanes> lanes;
  lanes.fill(Reduction::kStart);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l)
      lanes[l] = Reduction::merge(lanes[l], Reduction::take(x[i + static_cast<int64_t>(l)]));
  typename Reduction::Value value = Reduction::kStart;
  for (const auto& lane : lanes) value = Reduction::merge(value, lane);
  for (; i < count; ++i) value = Reduction::merge(value, Reduction::take(x[i]));
  return value;
}

/// Reduces x over a loop with operands y and x, in which y stands still along the reduced axes.
/// `count`: elements that go into each of the `outputs` results.
template <class Reduction, class T>
void reduce(const StridedLoop<2>& loop, int64_t outputs, int64_t count, const T* x, T* y) {
  const auto values =
      std::make_unique<typename Reduction::Value[]>(static_cast<std::size_t>(outputs));
  std::fill_n(values.get(), outputs, Reduction::kStart);
  const int64_t n = loop.row_length();
  const auto [step_y, step_x] = loop.row_strides();
  loop.each_row([&, step_y = step_y, step_x = step_x](const auto& offsets) {
    auto* const to = values.get() + offsets[0];
    const T* const from = x + offsets[1];
    if (step_y == 0 && step_x == 1)
      *to = Reduction::merge(*to, reduce_row<Reduction>(from, n));
    else
      for (int64_t i = 0; i < n; ++i)
        to[i * step_y] = Reduction::merge(to[i * step_y], Reduction::take(from[i * step_x]));
  });
  for (int64_t i = 0; i < outputs; ++i)
    y[i] = Reduction::finish(values[static_cast<std::size_t>(i)], count);
}

}  // namespace qtool::reference
