#include "advise/reasons.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "runtime/executor.h"

namespace qtool {
namespace {

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string score_text(const Score& score) {
  return score.is_share ? fmt::format("{:.2f} %", 100 * score.value)
                        : fmt::format("{:.4g}", score.value);
}

std::string speed_text(const Trial& trial) {
  const double ratio = trial.figures.latency_ratio->median;
  return ratio <= 1 ? fmt::format("{:.2f} times as fast", 1 / ratio)
                    : fmt::format("{:.2f} times as slow", ratio);
}

std::string accuracy_text(const BenchResult& float_figures, const BenchResult& figures) {
  std::vector<std::string> parts;
  if (!figures.scores.empty())
    parts.push_back(fmt::format("{} {}, float {}", figures.scores[0].title,
                                score_text(figures.scores[0]),
                                score_text(float_figures.scores[0])));
  else if (figures.agreement)
    parts.push_back(fmt::format("the float model's class on {:.2f} % of the samples",
                                100 * *figures.agreement));
  if (const OutputError* worst = worst_output(figures))
    parts.push_back(fmt::format("SQNR {:.1f} dB", worst->sqnr_db));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string kind_text(const ModelFacts& facts) {
  std::vector<std::string> parts;
  constexpr double kNamed = 0.005;
  if (facts.convolutions > kNamed)
    parts.push_back(percent(facts.convolutions) + " in convolutions");
  if (facts.products > kNamed)
    parts.push_back(percent(facts.products) + " in products of matrices");
  std::string text = fmt::format(
      "the model has {:.3g} million operations a run of {} {}: {}", facts.operations * 1e-6,
      facts.batch_size, facts.batch_size == 1 ? "sample" : "samples", fmt::join(parts, ", "));
  if (facts.recurrent > 0)
    text += fmt::format("; besides, {} recurrent node{}, which are not counted", facts.recurrent,
                        facts.recurrent == 1 ? "" : "s");
  return text;
}

Mode mode_of(const Trial& trial) { return trial.candidate.quant.mode; }

const Trial* best_of(Mode mode, const SearchResult& result) {
  const Trial* best = nullptr;
  for (const Trial& trial : result.trials)
    if (mode_of(trial) == mode && (best == nullptr || is_better(trial, *best))) best = &trial;
  return best;
}

std::string_view nature(Mode mode) {
  switch (mode) {
    case Mode::kDynamic:
      return ", finding ranges while it runs,";
    case Mode::kStatic:
      return ", with ranges from samples,";
    case Mode::kWeightOnly:
      return ", computing on floats,";
    case Mode::kFloat16:
    case Mode::kFloat:
      break;
  }
  return "";
}

void compare_modes(const BenchResult& float_figures, const SearchResult& result,
                   std::vector<std::string>& lines) {
  const Trial& best = result.trials[result.best];
  // Each was timed beside the float model, but not beside the other.
  const auto latency = [&](const Trial& trial) {
    return trial.figures.latency_ratio->median * float_figures.latency.median.median;
  };
  for (const Mode mode : {Mode::kStatic, Mode::kDynamic, Mode::kWeightOnly, Mode::kFloat16}) {
    const Trial* other = best_of(mode, result);
    if (mode == mode_of(best) || other == nullptr) continue;
    const Unmet u = unmet(*other);
    const double more = latency(*other) - latency(best);
    lines.push_back(fmt::format(
        "'{}'{} would take {:.3g} ms {} a run and {:.2f} of the float size{}",
        other->candidate.name, nature(mode), std::abs(more), more >= 0 ? "more" : "less",
        other->size_ratio, u.accuracy > 0 ? ", but loses too much" : ""));
  }
}

// The nodes, or operators, that the search put back to this mode.
std::vector<std::string> put_back(const Trial& trial, Mode mode) {
  std::vector<std::string> names;
  for (const NodeRule& rule : trial.candidate.quant.rules)
    if (rule.origin == kAdvised && rule.mode == mode)
      names.insert(names.end(), rule.nodes.begin(), rule.nodes.end());
  return names;
}

void name_exceptions(const Trial& best, std::vector<std::string>& lines) {
  constexpr std::size_t kMost = 8;
  for (const Mode mode : {Mode::kFloat, Mode::kDynamic}) {
    std::vector<std::string> names = put_back(best, mode);
    if (names.empty()) continue;
    const std::size_t others = names.size() > kMost ? names.size() - kMost : 0;
    names.resize(names.size() - others);
    lines.push_back(fmt::format("{}, because the bounds or the latency are better so: {}{}",
                                name(mode), fmt::join(names, ", "),
                                others > 0 ? fmt::format(" and {} more", others) : ""));
  }
}

void name_bounds(const Trial& best, std::vector<std::string>& lines) {
  for (const GateResult& gate : best.gates)
    if (gate.verdict != Verdict::kMet)
      lines.push_back(fmt::format(
          "nothing that was tried keeps all bounds; this one's {} is {:.4g} {}, "
          "wanted {} {:g}",
          gate.gate, gate.value.median, gate.unit, gate.is_max ? "<=" : ">=", gate.bound));
}

// Candidates that failed for the same reason in one line.
void name_failures(const SearchResult& result, std::vector<std::string>& lines) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const Failure& failure : result.failures)
    by_reason[failure.reason].push_back("'" + failure.candidate + "'");
  for (const auto& [reason, candidates] : by_reason)
    lines.push_back(fmt::format("not tried: {}: {}", fmt::join(candidates, ", "), reason));
}

}  // namespace

ModelFacts model_facts(const Model& model, const TensorMap& feed, int64_t batch_size) {
  ModelFacts facts{.batch_size = batch_size};
  const Executor executor(model, {.profile = true});
  executor.run(feed);
  for (const Executor::Step& step : executor.steps()) {
    const bool is_convolution = step.op_type.find("Conv") != std::string::npos;
    facts.operations += step.work.operations;
    (is_convolution ? facts.convolutions : facts.products) += step.work.operations;
    facts.recurrent += step.op_type == "LSTM" || step.op_type == "GRU" || step.op_type == "RNN";
  }
  if (facts.operations > 0) {
    facts.convolutions /= facts.operations;
    facts.products /= facts.operations;
  }
  return facts;
}

std::vector<std::string> reasons(const ModelFacts& facts, const BenchResult& float_figures,
                                 const SearchResult& result) {
  const Trial& best = result.trials[result.best];
  std::vector<std::string> lines = {
      fmt::format("recommended: {}", best.candidate.name),
      fmt::format("{:.2f} of the float size, {}, {}", best.size_ratio, speed_text(best),
                  accuracy_text(float_figures, best.figures))};
  if (facts.operations > 0) lines.push_back(kind_text(facts));
  compare_modes(float_figures, result, lines);
  name_exceptions(best, lines);
  if (cost(best) >= 1)
    lines.push_back("nothing that was tried gains anything here: leave the model as it is");
  else if (best.figures.latency_ratio->low > 1)
    lines.push_back("it is slower than the float model here: take it for its size alone");
  name_bounds(best, lines);
  name_failures(result, lines);
  return lines;
}

}  // namespace qtool
