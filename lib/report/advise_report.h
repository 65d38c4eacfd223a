#pragma once

#include <string>
#include <vector>

#include "advise/search.h"

namespace qtool {

/// What a search found out, and how.
struct AdviseRun {
  BenchResult float_figures;
  SearchResult result;
  int64_t samples = 0;
  int64_t batch_size = 1;
  int threads = 1;
  std::string backend;      // Backend::about
  std::string model;        // its file
  std::string fingerprint;  // of the prepared graph, for plans
  std::vector<std::string> reasons;
};

/// The float model and all trials, best first, as a table; then the reasons.
std::string advise_text(const AdviseRun& run);

/// The same figures for machines, as `qtool bench --json` has them; the recommended one stands behind the float
/// model, and `gates` are its.
std::string advise_json(const AdviseRun& run);

/// The same as a page, with the plan of the recommended trial.
std::string advise_html(const AdviseRun& run);

}  // namespace qtool
