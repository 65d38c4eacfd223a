#pragma once

#include <string>
#include <vector>

#include "measure/gates.h"
#include "measure/measure.h"

namespace qtool {

/// All that a bench found out.
struct BenchRun {
  std::vector<BenchResult> results;        // backend by backend, the first model of each first
  std::vector<std::string> backends = {};  // Backend::about of each
  std::vector<GateResult> gates = {};
  int64_t samples = 0;
  int64_t batch_size = 1;
  int threads = 1;
};

/// The models whose speed noise leaves open, in a sentence; empty if there are none.
std::string noise_remark(const BenchRun& run);

/// The before/after table for people, what is to say of noise, and the gates. Columns without a single
/// figure are left out.
std::string bench_text(const BenchRun& run);
/// The same tables for the summary of a CI job.
std::string bench_markdown(const BenchRun& run);
/// The same figures for machines; docs/bench.schema.json describes the fields.
std::string bench_json(const BenchRun& run);
/// The gates as test cases, in the XML that CI systems read as JUnit's: a failure for each that is not met,
/// an error for each that is undecided.
std::string bench_junit(const BenchRun& run);

}  // namespace qtool
