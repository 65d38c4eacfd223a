#include <cmath>

#include "base/json.h"
#include "report/bench_report.h"

namespace qtool {
namespace {

// Figures keep the precision of double.
using Figures = nlohmann::ordered_json;

// JSON has no infinity and no NaN: equal outputs have no SQNR.
Figures finite_or_null(double value) {
  return std::isfinite(value) ? Figures(value) : Figures(nullptr);
}

Figures interval(const Estimate& estimate) {
  return {finite_or_null(estimate.low), finite_or_null(estimate.high)};
}

Figures output_json(const OutputError& error) {
  return {{"sqnr_db", finite_or_null(error.sqnr_db)},
          {"cosine", finite_or_null(error.cosine)},
          {"mse", finite_or_null(error.mse)},
          {"max_abs_error", finite_or_null(error.max_abs_error)}};
}

Figures latency_json(const Latency& latency) {
  return {{"median", latency.median.median},
          {"interval", interval(latency.median)},
          {"p90", latency.p90},
          {"p99", latency.p99},
          {"min", latency.min},
          {"rounds", latency.rounds}};
}

Figures result_json(const BenchResult& result, int64_t batch_size) {
  Figures json = {{"path", result.path},
                  {"backend", result.backend},
                  {"size_bytes", result.size_bytes},
                  {"latency_ms", latency_json(result.latency)},
                  {"samples_per_second", samples_per_second(result, batch_size)}};
  if (result.latency_ratio) {
    json["latency_ratio"] = result.latency_ratio->median;
    json["latency_ratio_interval"] = interval(*result.latency_ratio);
  }
  if (result.cold.milliseconds) json["cold_start_ms"] = *result.cold.milliseconds;
  if (result.cold.peak_memory_bytes) json["peak_memory_bytes"] = *result.cold.peak_memory_bytes;
  for (const Score& score : result.scores) json["scores"][score.name] = finite_or_null(score.value);
  if (result.agreement) json["agreement"] = *result.agreement;
  for (const auto& [name, error] : result.outputs) json["outputs"][name] = output_json(error);
  return json;
}

Figures gate_json(const GateResult& gate) {
  return {{"gate", gate.gate},
          {"model", gate.model},
          {"unit", gate.unit},
          {"bound", gate.bound},
          {"value", finite_or_null(gate.value.median)},
          {"interval", interval(gate.value)},
          {"verdict", name(gate.verdict)}};
}

}  // namespace

std::string bench_json(const BenchRun& run) {
  Figures json = {
      {"version", 1},           {"samples", run.samples},   {"batch_size", run.batch_size},
      {"threads", run.threads}, {"backends", run.backends}, {"models", Figures::array()}};
  for (const BenchResult& result : run.results)
    json["models"].push_back(result_json(result, run.batch_size));
  if (!run.gates.empty()) json["gates"] = Figures::array();
  for (const GateResult& gate : run.gates) json["gates"].push_back(gate_json(gate));
  return json.dump(2) + "\n";
}

}  // namespace qtool
