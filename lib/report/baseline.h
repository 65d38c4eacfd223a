#pragma once

#include <string>

#include "base/json.h"
#include "report/bench_report.h"
#include "report/table.h"

namespace qtool {

/// How the figures of a bench differ from those of an earlier one, `baseline`, the JSON that bench_json wrote:
/// a row for each model of the same path and each figure. Throws Error if it is no such JSON or has none of the
/// models.
Table baseline_table(const Json& baseline, const BenchRun& run);

}  // namespace qtool
