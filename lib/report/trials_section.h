#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "report/bench_report.h"

namespace qtool {

/// What is to say of a model beside its figures.
struct TrialNote {
  std::string name;        // shown in place of its label; empty: the label
  bool is_chosen = false;  // by a search
  std::string plan;        // that it was made by, as plan_json writes it; empty: none
};

/// The section of a page with a row of figures for each model and the plot of all: size, latency, scores, SQNR,
/// memory. Says of each whether another is at least as good in size, latency and first score (SQNR without
/// scores) and better in one. `notes` is empty or has one for each model.
Json trials_section(const BenchRun& run, const std::vector<TrialNote>& notes = {});

/// Whether no other model of the same backend is at least as good in everything and better in something, by
/// place.
std::vector<bool> undominated(const std::vector<BenchResult>& results);

/// The data of a page for html_report: the trials, the gates, where it ran.
Json bench_page(const BenchRun& run, const std::vector<TrialNote>& notes = {});

/// A bench as a page: the trials, the gates, where it ran. Throws Error for names that are not UTF-8.
std::string bench_html(const BenchRun& run);

}  // namespace qtool
