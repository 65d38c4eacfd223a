#include "measure/gates.h"

#include <algorithm>
#include <array>

#include "base/named.h"

namespace qtool {
namespace {

Estimate exactly(double value) { return {value, value, value}; }

// Shares lose percentage points, other scores points of their own.
Estimate accuracy_drop(const BenchResult& first, const BenchResult& result) {
  if (first.scores.empty()) fail("an accuracy drop takes --labels or --metric-cmd");
  const Score& before = first.scores[0];
  const double points = before.is_share ? 100 : 1;
  const double drop = points * (before.value - result.scores[0].value);
  return exactly(before.higher_is_better ? drop : -drop);
}

Estimate worst_sqnr(const BenchResult&, const BenchResult& result) {
  const OutputError* worst = worst_output(result);
  if (worst == nullptr) fail("there is no float output to take an SQNR of");
  return exactly(worst->sqnr_db);
}

Estimate speedup(const BenchResult&, const BenchResult& result) {
  const Estimate& ratio = *result.latency_ratio;
  return {1 / ratio.median, 1 / ratio.high, 1 / ratio.low};
}

Estimate latency(const BenchResult&, const BenchResult& result) { return result.latency.median; }

Estimate size(const BenchResult&, const BenchResult& result) {
  return exactly(static_cast<double>(result.size_bytes));
}

Estimate size_ratio(const BenchResult& first, const BenchResult& result) {
  return exactly(static_cast<double>(result.size_bytes) / static_cast<double>(first.size_bytes));
}

struct Gate {
  std::string_view name;
  std::string_view unit;
  std::optional<double> GateBounds::*bound;
  bool is_max;
  bool is_relative;
  Estimate (*value)(const BenchResult& first, const BenchResult& result);
};

constexpr std::array kGates = {
    Gate{"max-accuracy-drop", "points", &GateBounds::max_accuracy_drop, true, true, accuracy_drop},
    Gate{"min-sqnr", "dB", &GateBounds::min_sqnr, false, true, worst_sqnr},
    Gate{"min-speedup", "x", &GateBounds::min_speedup, false, true, speedup},
    Gate{"max-latency", "ms", &GateBounds::max_latency, true, false, latency},
    Gate{"max-size", "bytes", &GateBounds::max_size, true, false, size},
    Gate{"max-ratio", "x", &GateBounds::max_ratio, true, true, size_ratio},
};

constexpr std::array kVerdicts = {
    Named<Verdict>{"met", Verdict::kMet},
    Named<Verdict>{"not met", Verdict::kNotMet},
    Named<Verdict>{"undecided", Verdict::kUndecided},
};

// NaN keeps no bound.
Verdict decide(const Gate& gate, double bound, const Estimate& value) {
  const auto keeps = [&](double v) { return gate.is_max ? v <= bound : v >= bound; };
  const bool low = keeps(value.low), high = keeps(value.high);
  if (low && high) return Verdict::kMet;
  return low || high ? Verdict::kUndecided : Verdict::kNotMet;
}

}  // namespace

bool GateBounds::any() const {
  return std::any_of(kGates.begin(), kGates.end(),
                     [&](const Gate& gate) { return (this->*gate.bound).has_value(); });
}

bool GateBounds::any_relative() const {
  return std::any_of(kGates.begin(), kGates.end(), [&](const Gate& gate) {
    return gate.is_relative && (this->*gate.bound).has_value();
  });
}

std::string_view name(Verdict verdict) { return name_of(kVerdicts, verdict); }

std::vector<GateResult> judge_gates(const GateBounds& bounds,
                                    const std::vector<BenchResult>& results) {
  std::vector<GateResult> judged;
  for (std::size_t m = results.size() > 1 ? 1 : 0; m < results.size(); ++m)
    for (const Gate& gate : kGates) {
      const std::optional<double>& bound = bounds.*gate.bound;
      if (!bound || (gate.is_relative && m == 0)) continue;
      const Estimate value = with_context([&] { return "--" + std::string(gate.name); },
                                          [&] { return gate.value(results[0], results[m]); });
      judged.push_back({std::string(gate.name), label(results[m]), std::string(gate.unit),
                        gate.is_max, *bound, value, decide(gate, *bound, value)});
    }
  return judged;
}

}  // namespace qtool
