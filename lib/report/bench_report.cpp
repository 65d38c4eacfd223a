#include "report/bench_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "report/decibel.h"
#include "report/gate_text.h"
#include "report/table.h"

namespace qtool {
namespace {

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

// A column and how a result fills it; empty: nothing to say.
struct BenchColumn {
  std::string title;
  std::function<std::string(const BenchResult&)> cell;
};

BenchColumn score_column(std::size_t index, const Score& score) {
  return {score.title, [index](const BenchResult& r) {
            const Score& own = r.scores[index];
            return own.is_share ? percent(own.value) : fmt::format("{:.6g}", own.value);
          }};
}

std::vector<BenchColumn> accuracy_columns(const BenchResult& first) {
  std::vector<BenchColumn> columns;
  for (std::size_t i = 0; i < first.scores.size(); ++i)
    columns.push_back(score_column(i, first.scores[i]));
  columns.push_back({"same top-1", [](const BenchResult& r) {
                       return r.agreement ? percent(*r.agreement) : "";
                     }});
  columns.push_back({"SQNR dB", [](const BenchResult& r) {
                       const OutputError* worst = worst_output(r);
                       return worst == nullptr ? "" : decibel(worst->sqnr_db);
                     }});
  columns.push_back({"cosine", [](const BenchResult& r) {
                       const OutputError* worst = worst_output(r);
                       return worst == nullptr ? "" : fmt::format("{:.5f}", worst->cosine);
                     }});
  return columns;
}

std::vector<BenchColumn> speed_columns(int64_t batch_size) {
  const auto milliseconds = [](double value) { return fmt::format("{:.3f}", value); };
  return {
      {"median ms", [=](const BenchResult& r) { return milliseconds(r.latency.median.median); }},
      {"p90 ms", [=](const BenchResult& r) { return milliseconds(r.latency.p90); }},
      {"p99 ms", [=](const BenchResult& r) { return milliseconds(r.latency.p99); }},
      {"samples/s",
       [batch_size](const BenchResult& r) {
         return batch_size == 1 ? "" : fmt::format("{:.1f}", samples_per_second(r, batch_size));
       }},
      {"faster",
       [](const BenchResult& r) {
         return r.latency_ratio ? fmt::format("{:.2f}x", 1 / r.latency_ratio->median) : "";
       }},
      {"95 %",
       [](const BenchResult& r) {
         return r.latency_ratio ? fmt::format("{:.2f}-{:.2f}x", 1 / r.latency_ratio->high,
                                              1 / r.latency_ratio->low)
                                : "";
       }},
      {"cold ms",
       [](const BenchResult& r) {
         return r.cold.milliseconds ? fmt::format("{:.0f}", *r.cold.milliseconds) : "";
       }},
      {"peak MB",
       [](const BenchResult& r) {
         return r.cold.peak_memory_bytes
                    ? fmt::format("{:.1f}",
                                  static_cast<double>(*r.cold.peak_memory_bytes) / 1048576)
                    : "";
       }},
  };
}

std::vector<BenchColumn> columns_of(const BenchRun& run) {
  const auto size = static_cast<double>(run.results.at(0).size_bytes);
  std::vector<BenchColumn> columns = {
      {"model", [is_one = run.backends.size() ==
                          1](const BenchResult& r) { return is_one ? r.path : label(r); }},
      {"size KB",
       [](const BenchResult& r) {
         return fmt::format("{:.1f}", static_cast<double>(r.size_bytes) / 1024);
       }},
      {"smaller", [size](const BenchResult& r) {
         return fmt::format("{:.2f}x", size / static_cast<double>(r.size_bytes));
       }}};
  for (const auto& more : {accuracy_columns(run.results[0]), speed_columns(run.batch_size)})
    columns.insert(columns.end(), more.begin(), more.end());
  std::erase_if(columns, [&](const BenchColumn& column) {
    return std::all_of(run.results.begin(), run.results.end(),
                       [&](const BenchResult& r) { return column.cell(r).empty(); });
  });
  return columns;
}

Table models_table(const BenchRun& run) {
  const std::vector<BenchColumn> columns = columns_of(run);
  Table table;
  for (const BenchColumn& column : columns)
    table.columns.push_back({column.title, !table.columns.empty()});
  for (const BenchResult& result : run.results) {
    std::vector<std::string>& row = table.rows.emplace_back();
    for (const BenchColumn& column : columns) row.push_back(column.cell(result));
  }
  return table;
}

std::string plural(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// What the figures were taken from.
std::string basis(const BenchRun& run) {
  const std::string batch = run.batch_size == 1 ? "" : fmt::format(", {} in a run", run.batch_size);
  const bool is_plain =
      run.results.back().backend == run.results[0].backend && run.results[0].backend == "builtin";
  const std::string by = is_plain ? "" : fmt::format("; by {}", fmt::join(run.backends, " and "));
  return fmt::format("{}{}; latency over {}, {}{}\n", plural(run.samples, "sample"), batch,
                     plural(run.results[0].latency.rounds, "round"), plural(run.threads, "thread"),
                     by);
}

std::string noise(const BenchRun& run) {
  const std::string remark = noise_remark(run);
  return remark.empty() ? "" : remark + "\n";
}

Table gates_table(const BenchRun& run) {
  Table table{{{"gate"}, {"model"}, {"bound"}, {"measured"}, {"verdict"}}, {}};
  for (const GateResult& gate : run.gates)
    table.rows.push_back({gate.gate, gate.model, bound_text(gate), value_text(gate),
                          std::string(name(gate.verdict))});
  return table;
}

}  // namespace

std::string noise_remark(const BenchRun& run) {
  std::vector<std::string> models;
  for (const BenchResult& r : run.results)
    if (r.latency_ratio && r.latency_ratio->is_noisy())
      models.push_back(fmt::format("{} is {:.2f} to {:.2f} times as fast", label(r),
                                   1 / r.latency_ratio->high, 1 / r.latency_ratio->low));
  if (models.empty()) return "";
  return fmt::format(
      "the machine is too noisy to tell: {}; close other programs or give more --rounds",
      fmt::join(models, ", "));
}

std::string bench_text(const BenchRun& run) {
  const std::string text = to_text(models_table(run)) + basis(run) + noise(run);
  return run.gates.empty() ? text : text + "\n" + to_text(gates_table(run));
}

std::string bench_markdown(const BenchRun& run) {
  const std::string text = to_markdown(models_table(run)) + "\n" + basis(run) + noise(run);
  return run.gates.empty() ? text : text + "\n" + to_markdown(gates_table(run));
}

}  // namespace qtool
