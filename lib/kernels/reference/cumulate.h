#pragma once

#include <cstdint>

namespace qtool::reference {

/// Reduces, along the middle axis of x [outer, axis, inner], all elements up to each one: from the
/// front, or from the back if `reverse`; without the element itself if `exclusive`.
template <class Reduction, class T>
void cumulate(int64_t outer, int64_t axis, int64_t inner, bool exclusive, bool reverse, const T* x,
              T* y) {
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      auto value = Reduction::kStart;
      for (int64_t k = 0; k < axis; ++k) {
        const int64_t at = (o * axis + (reverse ? axis - 1 - k : k)) * inner + i;
        const auto next = Reduction::merge(value, Reduction::take(x[at]));
        y[at] = Reduction::finish(exclusive ? value : next, k);
        value = next;
      }
    }
}

}  // namespace qtool::reference
