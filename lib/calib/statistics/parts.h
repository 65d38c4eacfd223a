#pragma once

#include <algorithm>
#include <vector>

#include "base/parallel.h"

namespace qtool {

/// Gathers a T of [0, count) from those of parts, `of(first, end)`, that threads take side by side: each
/// of `least` or more unless there are fewer. They are merged, which must be free of grouping for what is
/// gathered to be that of one thread.
template <class T, class Of>
T gather_in_parts(int64_t count, int64_t least, const Of& of) {
  const int64_t parts = std::clamp<int64_t>(count / least, 1, threads());
  std::vector<T> gathered(static_cast<std::size_t>(parts));
  parallel_for(parts, [&](int64_t i) {
    gathered[static_cast<std::size_t>(i)] = of(i * count / parts, (i + 1) * count / parts);
  });
  for (std::size_t i = 1; i < gathered.size(); ++i) gathered[0].merge(gathered[i]);
  return std::move(gathered[0]);
}

}  // namespace qtool
