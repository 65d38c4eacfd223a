#pragma once

#include <functional>
#include <string>
#include <vector>

#include "advise/candidate.h"
#include "measure/gates.h"
#include "quant/plan.h"

namespace qtool {

/// A candidate that was measured beside the float model.
struct Trial {
  Candidate candidate;
  QuantPlan plan;
  BenchResult figures;            // its path is the candidate's name
  std::vector<GateResult> gates;  // of the bounds that the search keeps
  double size_ratio = 1;          // to the float model's
};

/// What a trial costs: size times latency, each as a share of the float model's.
double cost(const Trial& trial);

/// How many of its bounds a trial does not keep: those of accuracy, and all others. What noise leaves
/// undecided is not kept.
struct Unmet {
  int accuracy = 0;
  int others = 0;
  bool none() const { return accuracy == 0 && others == 0; }
};
Unmet unmet(const Trial& trial);

/// Whether one trial is clearly to be preferred: it keeps more bounds, those of accuracy first, or as many at a
/// cost that is lower by a twentieth, which is more than noise.
bool is_better(const Trial& a, const Trial& b);

/// The place of the best trial: of those that keep most bounds and cost nearly as little as the cheapest, that with
/// the highest SQNR. At least one trial.
std::size_t best_trial(const std::vector<Trial>& trials);

}  // namespace qtool
