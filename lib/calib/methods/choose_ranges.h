#pragma once

#include "calib/methods/methods.h"
#include "calib/methods/range_choice.h"
#include "calib/statistics/statistics.h"

namespace qtool {

/// The range of one value, by any method but kAuto, which takes more than statistics: see
/// lib/quant/auto_ranges.h. Moving averages start with the first of the samples that are kept.
Range choose_range(const Statistics& statistics, const RangeChoice& choice);

/// Ranges of all values in the table, those of channels as they were seen, and the means. Values that
/// are not in `choices` or without statistics, and all with kMinMax, as they were seen.
Ranges choose_ranges(const CalibrationTable& table, const RangeChoices& choices);

}  // namespace qtool
