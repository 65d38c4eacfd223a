#pragma once

#include <vector>

#include "calib/ranges/range.h"
#include "calib/statistics/histogram.h"

namespace qtool {

/// Counts of |x| by bins of one width from 0 on, of negative and of other numbers.
struct Magnitudes {
  std::vector<int64_t> negative, positive;

  /// Bins up to the last that holds any.
  std::size_t used() const;
  /// Makes bins 2b and 2b + 1 one.
  void join_pairs();
  /// Both sides together.
  std::vector<int64_t> both() const;
};
Magnitudes magnitudes(const Histogram& histogram);

/// What of the range lies in [−end, end].
Range cut(const Range& range, double end);

}  // namespace qtool
