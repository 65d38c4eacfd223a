#include "gate_options.h"

#include <spdlog/spdlog.h>

#include "report/gate_text.h"

namespace qtool {
namespace {

constexpr int kGateNotMet = 3;

}  // namespace

void add_gate_options(CLI::App& command, GateBounds& bounds) {
  const auto add = [&](const char* flag, std::optional<double>& bound, const char* text) {
    return command.add_option(flag, bound, text)->group("Gates (exit code 3 if one is not met)");
  };
  add("--max-accuracy-drop", bounds.max_accuracy_drop,
      "Most points that the first score may fall below the first model's");
  add("--min-sqnr", bounds.min_sqnr, "Least SQNR in dB against the first model, of every output");
  add("--min-speedup", bounds.min_speedup, "How many times faster than the first model at least")
      ->check(CLI::PositiveNumber);
  add("--max-latency", bounds.max_latency, "Longest median latency in ms")
      ->check(CLI::PositiveNumber);
  add("--max-size", bounds.max_size, "Largest file in bytes, or as 250kB, 10MB, 4MiB")
      ->transform(CLI::AsSizeValue(true));
  add("--max-ratio", bounds.max_ratio, "Largest share of the first model's size")
      ->check(CLI::PositiveNumber);
}

void end_at_gates(const std::vector<GateResult>& gates) {
  bool all_met = true;
  for (const GateResult& gate : gates) {
    if (gate.verdict == Verdict::kMet) continue;
    all_met = false;
    spdlog::error("{}: gate {} {}: {}, wanted {}", gate.model, gate.gate, name(gate.verdict),
                  value_text(gate), bound_text(gate));
  }
  if (!all_met) throw CLI::RuntimeError(kGateNotMet);
}

}  // namespace qtool
