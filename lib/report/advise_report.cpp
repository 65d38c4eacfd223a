#include "report/advise_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "quant/plan_file.h"
#include "report/bench_report.h"
#include "report/html_report.h"
#include "report/trials_section.h"

namespace qtool {
namespace {

// The trials as models of a bench, best first.
BenchRun as_bench(const AdviseRun& run) {
  std::vector<const Trial*> order;
  for (const Trial& trial : run.result.trials) order.push_back(&trial);
  const Trial* best = order.at(run.result.best);
  std::stable_sort(order.begin(), order.end(), [&](const Trial* a, const Trial* b) {
    if (a == best || b == best) return a == best && b != best;
    return std::pair(unmet(*a).accuracy + unmet(*a).others, cost(*a)) <
           std::pair(unmet(*b).accuracy + unmet(*b).others, cost(*b));
  });
  BenchRun bench{.results = {run.float_figures},
                 .backends = {run.backend},
                 .gates = best->gates,
                 .samples = run.samples,
                 .batch_size = run.batch_size,
                 .threads = run.threads};
  for (const Trial* trial : order) bench.results.push_back(trial->figures);
  return bench;
}

}  // namespace

std::string advise_text(const AdviseRun& run) {
  std::string text = bench_text(as_bench(run)) + "\n";
  for (const std::string& reason : run.reasons) text += reason + "\n";
  return text;
}

std::string advise_json(const AdviseRun& run) { return bench_json(as_bench(run)); }

std::string advise_html(const AdviseRun& run) {
  const BenchRun bench = as_bench(run);
  const Trial& best = run.result.trials.at(run.result.best);
  std::vector<TrialNote> notes;
  for (const BenchResult& result : bench.results) notes.push_back({.name = result.path});
  notes.at(1).is_chosen = true;
  notes.at(1).plan = plan_json(best.plan, run.fingerprint);
  Json page = bench_page(bench, notes);
  page["title"] = "Advice for " + run.model;
  page["remarks"] = run.reasons;
  return html_report(page);
}

}  // namespace qtool
