#pragma once

#include <string>
#include <vector>

#include "measure/measure.h"

namespace qtool {

/// The before/after table for people. Columns without a single figure are left out.
std::string bench_table(const std::vector<BenchResult>& results, int64_t samples, int threads);

/// The same figures for machines; docs/cli.md describes the fields.
std::string bench_json(const std::vector<BenchResult>& results, int64_t samples, int threads);

}  // namespace qtool
