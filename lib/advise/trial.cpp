#include "advise/trial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace qtool {
namespace {

constexpr double kClearly = 0.95;

std::pair<int, int> bounds(const Trial& trial) {
  const Unmet count = unmet(trial);
  return {count.accuracy, count.others};
}

double sqnr(const Trial& trial) {
  const OutputError* worst = worst_output(trial.figures);
  return worst == nullptr || std::isnan(worst->sqnr_db) ? -std::numeric_limits<double>::infinity()
                                                        : worst->sqnr_db;
}

}  // namespace

double cost(const Trial& trial) {
  return trial.size_ratio * trial.figures.latency_ratio.value_or(Estimate{1, 1, 1}).median;
}

Unmet unmet(const Trial& trial) {
  Unmet count;
  for (const GateResult& gate : trial.gates) {
    if (gate.verdict == Verdict::kMet) continue;
    const bool is_accuracy = gate.gate == "max-accuracy-drop" || gate.gate == "min-sqnr";
    ++(is_accuracy ? count.accuracy : count.others);
  }
  return count;
}

bool is_better(const Trial& a, const Trial& b) {
  const auto kept_a = bounds(a), kept_b = bounds(b);
  return kept_a != kept_b ? kept_a < kept_b : cost(a) < kClearly * cost(b);
}

std::size_t best_trial(const std::vector<Trial>& trials) {
  const Trial& cheapest =
      *std::min_element(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) {
        return std::tuple(bounds(a), cost(a)) < std::tuple(bounds(b), cost(b));
      });
  std::size_t best = static_cast<std::size_t>(&cheapest - trials.data());
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (bounds(trials[i]) == bounds(cheapest) && kClearly * cost(trials[i]) <= cost(cheapest) &&
        sqnr(trials[i]) > sqnr(trials[best]))
      best = i;
  return best;
}

}  // namespace qtool
