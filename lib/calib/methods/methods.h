#pragma once

#include "calib/histogram.h"
#include "calib/range.h"

namespace qtool {

/// What range methods know of the integers that the range is for.
struct Grid {
  int levels = 256;        // 256 for 8 bits
  bool symmetric = false;  // the range will be made [−max(−min, max), max(−min, max)]
};

// All of these give a part of `seen`, the smallest and the largest number, from the histogram of the
// same numbers. Errors that stem from not knowing where in its bin a number lies are at most a bin's
// width for each end.

/// Leaves out (100 − percent) % of the numbers, half of them at each end; of a symmetric range, the
/// largest magnitudes.
Range percentile_range(const Histogram& histogram, const Range& seen, double percent,
                       const Grid& grid);

/// Cuts both ends at that magnitude t for which the distribution loses least when it is cut there and
/// levels / 2 values on each side are told apart: least Kullback-Leibler divergence, over bins of the
/// histogram, made at most 2048 on a side by joining pairs. Zeros lose nothing wherever it is cut: the
/// first bins count as many as the second at most. After Migacz, "8-bit Inference with TensorRT", 2017,
/// which has one side only.
Range entropy_range(const Histogram& histogram, const Range& seen, const Grid& grid);

/// The range with the least squared error of rounding, step² / 12 within, and of cutting, by a search
/// in steps of 1/128 of both ends, of both together if symmetric.
Range mse_range(const Histogram& histogram, const Range& seen, const Grid& grid);

}  // namespace qtool
