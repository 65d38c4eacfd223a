#include "report/trials_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/environment.h"
#include "report/gate_text.h"
#include "report/html_report.h"

namespace qtool {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Json figure(double value) {
  return std::isfinite(value) ? Json(static_cast<float>(value)) : Json(nullptr);
}

Json interval(const Estimate& estimate) {
  return Json::array({figure(estimate.median), figure(estimate.low), figure(estimate.high)});
}

// What is to be small: size, latency, and the first score or the SQNR turned round.
std::vector<double> costs(const BenchResult& result) {
  std::vector<double> costs = {static_cast<double>(result.size_bytes),
                               result.latency.median.median};
  const OutputError* worst = worst_output(result);
  if (!result.scores.empty())
    costs.push_back(result.scores[0].higher_is_better ? -result.scores[0].value
                                                      : result.scores[0].value);
  else
    costs.push_back(worst == nullptr ? -kInfinity : -worst->sqnr_db);
  return costs;
}

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i] <= b[i])) return false;
  return a != b;
}

Json row_json(const BenchResult& result, const BenchRun& run) {
  Json row = {{"name", label(result)},
              {"size", result.size_bytes},
              {"latency", interval(result.latency.median)},
              {"p90", figure(result.latency.p90)},
              {"p99", figure(result.latency.p99)},
              {"scores", Json::array()}};
  if (run.batch_size > 1) row["per_second"] = figure(samples_per_second(result, run.batch_size));
  for (const Score& score : result.scores) row["scores"].push_back(figure(score.value));
  if (result.agreement) row["agreement"] = figure(*result.agreement);
  if (const OutputError* worst = worst_output(result)) {
    row["sqnr"] = figure(worst->sqnr_db);
    row["cosine"] = figure(worst->cosine);
  }
  if (const auto& ratio = result.latency_ratio)
    row["faster"] = interval({1 / ratio->median, 1 / ratio->high, 1 / ratio->low});
  if (result.cold.milliseconds) row["cold"] = figure(*result.cold.milliseconds);
  if (result.cold.peak_memory_bytes) row["memory"] = *result.cold.peak_memory_bytes;
  return row;
}

void add_note(const TrialNote& note, Json& row) {
  if (!note.name.empty()) row["name"] = note.name;
  if (note.is_chosen) row["chosen"] = true;
  if (!note.plan.empty()) row["plan"] = note.plan;
}

Json gates_section(const std::vector<GateResult>& gates) {
  Json section = Json::array();
  for (const GateResult& gate : gates)
    section.push_back({{"gate", gate.gate},
                       {"model", gate.model},
                       {"bound", bound_text(gate)},
                       {"measured", value_text(gate)},
                       {"verdict", name(gate.verdict)}});
  return section;
}

}  // namespace

std::vector<bool> undominated(const std::vector<BenchResult>& results) {
  std::vector<bool> is_best;
  for (const BenchResult& result : results)
    is_best.push_back(std::none_of(results.begin(), results.end(), [&](const BenchResult& other) {
      return other.backend == result.backend && dominates(costs(other), costs(result));
    }));
  return is_best;
}

Json trials_section(const BenchRun& run, const std::vector<TrialNote>& notes) {
  Json section = {{"scores", Json::array()}, {"rows", Json::array()}};
  for (const Score& score : run.results.at(0).scores)
    section["scores"].push_back({{"title", score.title},
                                 {"is_share", score.is_share},
                                 {"higher_is_better", score.higher_is_better}});
  const std::vector<bool> is_best = undominated(run.results);
  for (std::size_t i = 0; i < run.results.size(); ++i) {
    Json row = row_json(run.results[i], run);
    row["undominated"] = static_cast<bool>(is_best[i]);
    if (!run.results[i].latency_ratio) row["first"] = true;
    if (!notes.empty()) add_note(notes.at(i), row);
    section["rows"].push_back(std::move(row));
  }
  return section;
}

Json bench_page(const BenchRun& run, const std::vector<TrialNote>& notes) {
  Json facts = Json::array();
  const auto add = [&](const char* name, int64_t value) {
    facts.push_back(Json::array({name, std::to_string(value)}));
  };
  add("Models", std::ssize(run.results));
  add("Samples", run.samples);
  if (run.batch_size > 1) add("Samples in a run", run.batch_size);
  add("Timed rounds", run.results.at(0).latency.rounds);
  add("Threads", run.threads);
  for (const std::string& about : run.backends) facts.push_back(Json::array({"Run by", about}));
  Json data = {{"title", "Bench of " + run.results[0].path},
               {"facts", facts},
               {"remarks", Json::array()},
               {"trials", trials_section(run, notes)},
               {"environment", environment_section()}};
  if (const std::string noise = noise_remark(run); !noise.empty()) data["remarks"].push_back(noise);
  if (!run.gates.empty()) data["gates"] = gates_section(run.gates);
  return data;
}

std::string bench_html(const BenchRun& run) { return html_report(bench_page(run)); }

}  // namespace qtool
