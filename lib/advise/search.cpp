#include "advise/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>

#include "quant/plan_file.h"

namespace qtool {
namespace {

using Names = std::vector<std::string>;

// Modes that operators are put back to, the one that keeps more of the gain first.
constexpr std::array kFallbacks = {Mode::kDynamic, Mode::kFloat};

// What single nodes are put back to.
struct Fallback {
  std::string name;
  std::function<Candidate(const Candidate&, const Names&, const std::string& change)> apply;
};

class Search {
 public:
  Search(const Trials& does, int max_trials) : does_(does), left_(max_trials) {}

  void try_standard(const std::vector<Candidate>& candidates);
  void vary_operators();
  void repair();
  void measure_finalists();
  bool found_any() const { return !trials_.empty(); }
  SearchResult result() &&;

 private:
  using Accept = std::function<bool(const QuantPlan& plan)>;
  std::optional<std::size_t> measure(const Candidate& candidate, const Accept& accept = {});
  std::size_t best() const { return best_trial(trials_); }
  std::vector<std::size_t> repairable() const;
  void repair(std::size_t trial, const Names& order, const Fallback& fallback);
  std::optional<std::size_t> put_back(std::size_t base, const Names& nodes,
                                      const Fallback& fallback);
  void give_back(std::size_t base, Names nodes, const Fallback& fallback, std::size_t repaired);
  bool keeps_accuracy(std::optional<std::size_t> trial) const {
    return trial && unmet(trials_[*trial]).accuracy == 0;
  }

  const Trials& does_;
  int left_;
  std::vector<Trial> trials_;
  std::map<std::string, std::optional<std::size_t>>
      by_effect_;  // their places; nothing for failures
  std::vector<Failure> failures_;
};

// Whether the search made the candidate, of another one.
bool is_advised(const Candidate& candidate) {
  const std::vector<NodeRule>& rules = candidate.quant.rules;
  return std::any_of(rules.begin(), rules.end(),
                     [](const NodeRule& rule) { return rule.origin == kAdvised; });
}

// What a plan does, in a form to compare: two candidates may come to the same file for other reasons.
std::string effect(const Candidate& candidate, QuantPlan plan) {
  for (NodePlan& node : plan.nodes) node.reason = node.note = "";
  return plan_json(plan, candidate.qoperator ? "qoperator" : "qdq");
}

// The place of the trial, which may be that of an equal one; nothing if it failed, its plan
// is not wanted, or no more may be measured.
std::optional<std::size_t> Search::measure(const Candidate& candidate, const Accept& accept) {
  try {
    QuantPlan plan = does_.plan(candidate);
    if (accept && !accept(plan)) return std::nullopt;
    const auto [known, is_new] = by_effect_.try_emplace(effect(candidate, plan), std::nullopt);
    if (!is_new || left_ <= 0) return known->second;
    --left_;
    trials_.push_back(does_.measure(candidate, std::move(plan)));
    return known->second = trials_.size() - 1;
  } catch (const Error& error) {
    if (!is_advised(candidate)) failures_.push_back({candidate.name, error.what()});
    return std::nullopt;
  }
}

SearchResult Search::result() && {
  const std::size_t best = this->best();
  return {std::move(trials_), best, std::move(failures_)};
}

void Search::try_standard(const std::vector<Candidate>& candidates) {
  std::optional<std::size_t> best_static;
  for (const Candidate& candidate : candidates) {
    const auto trial = measure(candidate);
    if (!trial || candidate.quant.mode != Mode::kStatic) continue;
    if (!best_static || is_better(trials_[*trial], trials_[*best_static])) best_static = trial;
  }
  if (!best_static) return;
  Candidate candidate = trials_[*best_static].candidate;
  candidate.qoperator = true;
  candidate.name += ", quantized operators";
  measure(candidate);
}

Names quantized_operators(const QuantPlan& plan) {
  Names operators;
  for (const NodePlan& node : plan.nodes)
    if (node.mode != Mode::kFloat &&
        std::find(operators.begin(), operators.end(), node.op_type) == operators.end())
      operators.push_back(node.op_type);
  return operators;
}

// Whether nodes of that operator compute on integers of their own making, or have integer weights: what is dynamic.
bool is_dynamic(const QuantPlan& plan, const std::string& op) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(), [&](const NodePlan& node) {
    return node.op_type == op && (node.mode == Mode::kDynamic || node.mode == Mode::kWeightOnly);
  });
}

void Search::vary_operators() {
  std::size_t current = best();
  const Names operators = quantized_operators(trials_[current].plan);
  for (const std::string& op : operators)
    for (const Mode mode : kFallbacks) {
      if (mode == Mode::kFloat && operators.size() == 1) continue;
      const Candidate changed = with_mode(trials_[current].candidate, {"op:" + op}, mode,
                                          fmt::format("{} {}", op, name(mode)));
      const auto trial = measure(changed, [&, &name = op](const QuantPlan& plan) {
        return mode == Mode::kFloat || is_dynamic(plan, name);
      });
      if (trial && is_better(trials_[*trial], trials_[current])) current = *trial;
    }
}

// What lacks nothing but accuracy and would be better than the best with it, the cheapest first.
std::vector<std::size_t> Search::repairable() const {
  constexpr std::size_t kMost = 2;
  const Trial& best = trials_[this->best()];
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const Unmet u = unmet(trials_[i]);
    if (u.accuracy > 0 && u.others <= unmet(best).others &&
        (unmet(best).accuracy > 0 || cost(trials_[i]) < cost(best)))
      found.push_back(i);
  }
  std::sort(found.begin(), found.end(),
            [&](std::size_t a, std::size_t b) { return cost(trials_[a]) < cost(trials_[b]); });
  if (found.size() > kMost) found.resize(kMost);
  return found;
}

std::optional<std::size_t> Search::put_back(std::size_t base, const Names& nodes,
                                            const Fallback& fallback) {
  return measure(fallback.apply(trials_[base].candidate, nodes,
                                fmt::format("{} nodes {}", nodes.size(), fallback.name)));
}

// Puts the fewest of the nodes back that give the accuracy, and then gives some of them back.
void Search::repair(std::size_t base, const Names& order, const Fallback& fallback) {
  std::size_t fails = 0, holds = order.size();
  std::optional<std::size_t> repaired;
  if (fallback.name != name(Mode::kFloat)) {  // all of them float is the float model
    repaired = put_back(base, order, fallback);
    if (!keeps_accuracy(repaired)) return;
  }
  while (holds - fails > 1) {
    const std::size_t middle = std::midpoint(fails, holds);
    const auto trial =
        put_back(base, {order.begin(), order.begin() + std::ptrdiff_t(middle)}, fallback);
    if (left_ <= 0) return;
    if (!trial || keeps_accuracy(trial)) {  // none: with these put back nothing is quantized
      holds = middle;
      repaired = trial;
    } else {
      fails = middle;
    }
  }
  if (repaired)
    give_back(base, {order.begin(), order.begin() + std::ptrdiff_t(holds)}, fallback, *repaired);
}

// Gives nodes back one by one, the least sensitive first. Without the last of them the accuracy was lacking.
void Search::give_back(std::size_t base, Names nodes, const Fallback& fallback,
                       std::size_t repaired) {
  constexpr std::ptrdiff_t kMost = 8;
  const std::ptrdiff_t last = std::ssize(nodes) - 2;
  for (std::ptrdiff_t i = last; i >= 0 && last - i < kMost; --i) {
    Names fewer = nodes;
    fewer.erase(fewer.begin() + i);
    const auto trial = put_back(base, fewer, fallback);
    if (!keeps_accuracy(trial) || cost(trials_[*trial]) > cost(trials_[repaired])) continue;
    nodes = std::move(fewer);
    repaired = *trial;
  }
}

void Search::repair() {
  const auto to_mode = [](Mode mode) -> Fallback {
    return {std::string(name(mode)),
            [mode](const Candidate& candidate, const Names& nodes, const std::string& change) {
              return with_mode(candidate, nodes, mode, change);
            }};
  };
  const Fallback fallbacks[] = {
      to_mode(Mode::kDynamic), {"with 16 bits", does_.widen}, to_mode(Mode::kFloat)};
  for (const std::size_t base : repairable()) {
    const Names order = does_.sensitivity(trials_[base]);
    for (const Fallback& fallback : fallbacks)
      if (!order.empty()) repair(base, order, fallback);
  }
}

// What may turn out to be best is timed once more, side by side: a machine is not as busy at all times.
void Search::measure_finalists() {
  constexpr std::size_t kMost = 5;
  constexpr double kNear = 1.3;
  const Trial best = trials_[this->best()];
  std::vector<std::size_t> near;
  for (std::size_t i = 0; i < trials_.size(); ++i)
    if (!is_better(best, trials_[i]) || cost(trials_[i]) < kNear * cost(best)) near.push_back(i);
  std::erase_if(near,
                [&](std::size_t i) { return unmet(trials_[i]).accuracy > unmet(best).accuracy; });
  std::stable_sort(near.begin(), near.end(), [&](std::size_t a, std::size_t b) {
    return cost(trials_[a]) < cost(trials_[b]);
  });
  if (near.size() > kMost) near.resize(kMost);
  std::vector<Trial*> finalists;
  for (const std::size_t i : near) finalists.push_back(&trials_[i]);
  does_.time_again(finalists);
}

}  // namespace

SearchResult search(const std::vector<Candidate>& candidates, const Trials& trials,
                    int max_trials) {
  Search search(trials, max_trials);
  search.try_standard(candidates);
  if (!search.found_any()) return std::move(search).result();
  search.vary_operators();
  search.repair();
  search.measure_finalists();
  return std::move(search).result();
}

}  // namespace qtool
