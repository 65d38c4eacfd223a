#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace qtool::reference {

/// Orders of numbers, in which NaN counts as the largest.
struct LargestFirst {
  template <class T>
  bool operator()(T a, T b) const {
    return a > b || (a != a && b == b);
  }
};

struct SmallestFirst {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b || (b != b && a == a);
  }
};

/// Index along the middle axis of the extreme element of x [outer, axis, inner]: NaN if there is
/// one, else the one that no other is before. Of equals the first, or the last if `take_last`.
template <class T, class Before>
void arg_extreme(int64_t outer, int64_t axis, int64_t inner, bool take_last, Before before,
                 const T* x, int64_t* y) {
  for (int64_t o = 0; o < outer; ++o, x += axis * inner)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t best = 0;
      for (int64_t k = 1; k < axis; ++k) {
        const T candidate = x[k * inner + i];
        const T current = x[best * inner + i];
        const bool nan = candidate != candidate;
        const bool better = current == current && (nan || before(candidate, current));
        const bool equal = candidate == current || (nan && current != current);
        if (better || (take_last && equal)) best = k;
      }
      *y++ = best;
    }
}

/// The first `k` elements along the middle axis of x [outer, axis, inner] in the given order, of
/// equals the one of the lower index: `values` and `indices` [outer, k, inner].
template <class T, class Before>
void top_k(int64_t outer, int64_t axis, int64_t inner, int64_t k, Before before, const T* x,
           T* values, int64_t* indices) {
  std::vector<int64_t> order(static_cast<std::size_t>(axis));
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      const T* const row = x + o * axis * inner + i;
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
        const T left = row[a * inner];
        const T right = row[b * inner];
        return before(left, right) || (!before(right, left) && a < b);
      });
      for (int64_t j = 0; j < k; ++j) {
        const int64_t at = (o * k + j) * inner + i;
        indices[at] = order[static_cast<std::size_t>(j)];
        values[at] = row[indices[at] * inner];
      }
    }
}

}  // namespace qtool::reference
