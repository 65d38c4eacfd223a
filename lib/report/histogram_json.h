#pragma once

#include "base/json.h"
#include "calib/statistics/histogram.h"

namespace qtool {

/// {"low", "width", "counts"}: the bins in use from `low` on, neighbours joined until they are few enough to be
/// drawn (400).
Json histogram_json(const Histogram& histogram);

}  // namespace qtool
