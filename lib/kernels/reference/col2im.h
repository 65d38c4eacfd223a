#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/reference/window.h"

namespace qtool::reference {

/// Adds up columns [planes, kernel elements, window positions] to the images that they were cut out
/// of: y [planes, input...]. Integers wrap around; bool is or-ed.
template <class T>
void col2im(const Window& w, int64_t planes, const T* columns, T* y) {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
  const WindowLoop loop(w);
  const int64_t positions = volume(w.output);
  std::vector<Sum> sums(static_cast<std::size_t>(volume(w.input)));
  for (int64_t p = 0; p < planes; ++p, columns += volume(w.kernel) * positions) {
    std::fill(sums.begin(), sums.end(), Sum(0));
    loop.each_row([&](int64_t tap, int64_t in, int64_t out, int64_t count) {
      const T* const column = columns + tap * positions + out;
      for (int64_t i = 0; i < count; ++i)
        sums[static_cast<std::size_t>(in + i * loop.stride())] += static_cast<Sum>(column[i]);
    });
    for (const Sum sum : sums) *y++ = static_cast<T>(sum);
  }
}

}  // namespace qtool::reference
