#pragma once

#include "calib/methods/range_choice.h"
#include "calib/ranges/range.h"
#include "calib/statistics/histogram.h"

namespace qtool {

// All of these but the last give a part of `seen`, the smallest and the largest number, from the histogram of the
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

/// The search of PyTorch's HistogramObserver: cuts 1e-5 of the numbers after the other, each time from
/// that end that moves further by it, from both if symmetric, until the squared error grows. Numbers
/// lie evenly in their bins, and become the middle of one of `levels` parts of the range. Ends do not
/// pass 0, and the first step has to gain too.
Range l2_range(const Histogram& histogram, const Range& seen, const Grid& grid);

/// For floating point of 8 bits: [−t, t] that makes numbers with this standard deviation, when t becomes
/// the largest number of the type, deviate as the type's numbers do. Not a part of what was seen: it may
/// reach further.
Range distribution_range(double deviation, DType float_type);

}  // namespace qtool
