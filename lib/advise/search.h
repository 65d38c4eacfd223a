#pragma once

#include <functional>
#include <string>
#include <vector>

#include "advise/trial.h"

namespace qtool {

/// What is done with candidates. An Error of `plan` or `measure` is a failure that does not end the search.
struct Trials {
  std::function<QuantPlan(const Candidate& candidate)> plan;
  std::function<Trial(const Candidate& candidate, QuantPlan plan)> measure;
  /// The nodes of a trial's plan that are quantized, those that add most error first.
  std::function<std::vector<std::string>(const Trial& trial)> sensitivity;
  /// The candidate with activations of 16 bits where these nodes read and write; `change` joins its name.
  std::function<Candidate(const Candidate& candidate, const std::vector<std::string>& nodes,
                          const std::string& change)>
      widen;
  /// Measures the latency of these once more, in turns, and judges them anew.
  std::function<void(const std::vector<Trial*>& trials)> time_again;
};

/// One of the candidates given that could not be tried.
struct Failure {
  std::string candidate;
  std::string reason;
};

struct SearchResult {
  std::vector<Trial> trials;  // in the order in which they were tried, without those of equal plans
  std::size_t best = 0;       // of trials
  std::vector<Failure> failures = {};
};

/// Looks for the best_trial:
///   1. all `candidates`, and the best of the static ones with quantized operators;
///   2. from the best of these on, operator by operator: the nodes of one in dynamic mode, and in float;
///      each change that is better stays;
///   3. of the cheapest trials that lack accuracy alone and are cheaper than the best, two: their most sensitive
///      nodes go to dynamic mode, to activations of 16 bits, or to float, the fewest that give the accuracy (by bisection); then each of these,
///      the least sensitive first, is given back if the accuracy allows.
///   4. of those that may be best, up to five are timed again, in turns.
/// At most `max_trials` are measured; fewer than `candidates` means that not all of these are.
SearchResult search(const std::vector<Candidate>& candidates, const Trials& trials, int max_trials);

}  // namespace qtool
