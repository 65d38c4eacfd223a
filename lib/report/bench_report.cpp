#include "report/bench_report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace qtool {
namespace {

using Json = nlohmann::ordered_json;

// The output that differs most from the first model's.
const ErrorMeter* worst_output(const BenchResult& result) {
  const auto it = std::min_element(
      result.outputs.begin(), result.outputs.end(),
      [](const auto& a, const auto& b) { return a.second.sqnr_db() < b.second.sqnr_db(); });
  return it == result.outputs.end() ? nullptr : &it->second;
}

std::string decibel(double value) {
  return std::isinf(value) ? "exact" : fmt::format("{:.1f}", value);
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : "";
}

// A column and how a result fills it; empty: nothing to say.
struct BenchColumn {
  std::string title;
  std::function<std::string(const BenchResult&)> cell;
};

std::vector<BenchColumn> columns(const BenchResult& first) {
  const auto size = static_cast<double>(first.size_bytes);
  return {
      {"model", [](const BenchResult& r) { return r.path; }},
      {"size KB",
       [](const BenchResult& r) { return fmt::format("{:.1f}", r.size_bytes / 1024.0); }},
      {"smaller",
       [size](const BenchResult& r) {
         return fmt::format("{:.2f}x", size / static_cast<double>(r.size_bytes));
       }},
      {"top-1", [](const BenchResult& r) { return percent(r.top1); }},
      {"top-5", [](const BenchResult& r) { return percent(r.top5); }},
      {"same top-1", [](const BenchResult& r) { return percent(r.agreement); }},
      {"SQNR dB",
       [](const BenchResult& r) {
         const ErrorMeter* worst = worst_output(r);
         return worst == nullptr ? "" : decibel(worst->sqnr_db());
       }},
      {"cosine",
       [](const BenchResult& r) {
         const ErrorMeter* worst = worst_output(r);
         return worst == nullptr ? "" : fmt::format("{:.5f}", worst->cosine());
       }},
      {"median ms", [](const BenchResult& r) { return fmt::format("{:.3f}", r.latency.median); }},
      {"p90 ms", [](const BenchResult& r) { return fmt::format("{:.3f}", r.latency.p90); }},
      {"faster",
       [](const BenchResult& r) {
         return r.latency_ratio ? fmt::format("{:.2f}x", 1 / *r.latency_ratio) : "";
       }},
      {"peak MB",
       [](const BenchResult& r) {
         return r.peak_memory_bytes
                    ? fmt::format("{:.1f}", static_cast<double>(*r.peak_memory_bytes) / 1048576)
                    : "";
       }},
  };
}

bool says_something(const BenchColumn& column, const std::vector<BenchResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [&](const BenchResult& r) { return !column.cell(r).empty(); });
}

// JSON has no infinity: equal outputs have no SQNR.
Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json output_json(const ErrorMeter& meter) {
  return {{"sqnr_db", finite_or_null(meter.sqnr_db())},
          {"cosine", meter.cosine()},
          {"max_abs_error", meter.max_abs_error()}};
}

Json result_json(const BenchResult& result) {
  Json json = {{"path", result.path},
               {"size_bytes", result.size_bytes},
               {"latency_ms",
                {{"median", result.latency.median},
                 {"p90", result.latency.p90},
                 {"min", result.latency.min},
                 {"rounds", result.latency.rounds}}}};
  const auto add = [&json](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  add("latency_ratio", result.latency_ratio);
  add("peak_memory_bytes", result.peak_memory_bytes);
  add("top1", result.top1);
  add("top5", result.top5);
  add("agreement", result.agreement);
  for (const auto& [name, meter] : result.outputs) json["outputs"][name] = output_json(meter);
  return json;
}

}  // namespace

std::string bench_table(const std::vector<BenchResult>& results, int64_t samples, int threads) {
  std::vector<BenchColumn> used;
  for (BenchColumn& column : columns(results.at(0)))
    if (says_something(column, results)) used.push_back(std::move(column));
  std::vector<Column> headings;
  for (const BenchColumn& column : used) headings.push_back({column.title, !headings.empty()});
  Table table{headings, {}};
  for (const BenchResult& result : results) {
    std::vector<std::string> row;
    for (const BenchColumn& column : used) row.push_back(column.cell(result));
    table.rows.push_back(row);
  }
  const int rounds = results[0].latency.rounds;
  return to_text(table) + fmt::format("{} sample{}; latency over {} rounds, {} thread{}\n", samples,
                                      samples == 1 ? "" : "s", rounds, threads,
                                      threads == 1 ? "" : "s");
}

std::string bench_json(const std::vector<BenchResult>& results, int64_t samples, int threads) {
  Json json = {{"samples", samples}, {"threads", threads}, {"models", Json::array()}};
  for (const BenchResult& result : results) json["models"].push_back(result_json(result));
  return json.dump(2);
}

}  // namespace qtool
