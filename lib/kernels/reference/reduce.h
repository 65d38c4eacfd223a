#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/reference/strided_loop.h"

namespace qtool::reference {

/// Sums are taken in double for floating-point numbers, in 64 bits for integers.
template <class T>
using ReduceSumType = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;

/// What a reduction does: the value it starts from, how it takes in an element, how it ends.
template <class T>
struct SumOf {
  using Value = ReduceSumType<T>;
  static constexpr Value kStart = 0;
  static Value step(Value sum, T x) { return sum + static_cast<Value>(x); }
  static T finish(Value sum, int64_t) { return static_cast<T>(sum); }
};

template <class T>
struct MeanOf : SumOf<T> {
  using Value = ReduceSumType<T>;
  static T finish(Value sum, int64_t count) {
    return static_cast<T>(sum / static_cast<Value>(count));
  }
};

template <class T>
struct MaxOf {
  using Value = T;
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? -std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::lowest();
  static T step(T largest, T x) { return x > largest || x != x ? x : largest; }
  static T finish(T largest, int64_t) { return largest; }
};

template <class T>
struct MinOf {
  using Value = T;
  static constexpr T kStart = std::numeric_limits<T>::has_infinity
                                  ? std::numeric_limits<T>::infinity()
                                  : std::numeric_limits<T>::max();
  static T step(T smallest, T x) { return x < smallest || x != x ? x : smallest; }
  static T finish(T smallest, int64_t) { return smallest; }
};

/// Reduces x over a loop with operands y and x, in which y stands still along the reduced axes.
/// `count`: elements that go into each of the `outputs` results.
template <class Reduction, class T>
void reduce(const StridedLoop<2>& loop, int64_t outputs, int64_t count, const T* x, T* y) {
  using Value = typename Reduction::Value;
  std::vector<Value> values(static_cast<std::size_t>(outputs), Reduction::kStart);
  const int64_t n = loop.row_length();
  const auto [step_y, step_x] = loop.row_strides();
  loop.each_row([&, step_y = step_y, step_x = step_x](const auto& offsets) {
    Value* const to = values.data() + offsets[0];
    const T* const from = x + offsets[1];
    if (step_y == 0) {
      Value value = *to;
      for (int64_t i = 0; i < n; ++i) value = Reduction::step(value, from[i * step_x]);
      *to = value;
    } else {
      for (int64_t i = 0; i < n; ++i)
        to[i * step_y] = Reduction::step(to[i * step_y], from[i * step_x]);
    }
  });
  for (const Value value : values) *y++ = Reduction::finish(value, count);
}

/// Index along the middle axis of the extreme element of x [outer, axis, inner]; `before(a, b)`
/// tells whether a is more extreme than b. Of equals the first, or the last if `take_last`.
template <class T, class Before>
void arg_extreme(int64_t outer, int64_t axis, int64_t inner, bool take_last, Before before,
                 const T* x, int64_t* y) {
  for (int64_t o = 0; o < outer; ++o, x += axis * inner)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t best = 0;
      for (int64_t k = 1; k < axis; ++k) {
        const T candidate = x[k * inner + i];
        const T current = x[best * inner + i];
        if (before(candidate, current) || (take_last && candidate == current)) best = k;
      }
      *y++ = best;
    }
}

}  // namespace qtool::reference
