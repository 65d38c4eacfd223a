#include "quant/auto_ranges.h"

#include <algorithm>
#include <array>

#include "calib/ranges/foreign_ranges.h"
#include "ir/bodies.h"
#include "ops/channels_last.h"
#include "quant/layer_trial.h"
#include "quant/plan_index.h"

namespace qtool {
namespace {

// With 16, a range may cut what happens to be rare in them.
constexpr int64_t kMostSamples = 256;

const std::array<RangeChoice, 7> kCandidates = {{
    {.method = RangeMethod::kMinMax},
    {.method = RangeMethod::kPercentile, .percentile = 99.999},
    {.method = RangeMethod::kPercentile, .percentile = 99.99},
    {.method = RangeMethod::kPercentile, .percentile = 99.9},
    {.method = RangeMethod::kEntropy},
    {.method = RangeMethod::kMse},
    {.method = RangeMethod::kL2},
}};

RangeChoices with_candidate(RangeChoices choices, const RangeChoice& candidate) {
  for (auto& [value, choice] : choices) {
    if (choice.method != RangeMethod::kAuto) continue;
    const Grid grid = choice.grid;
    choice = candidate;
    choice.grid = grid;
  }
  return choices;
}

// What is tried on values that share parameters.
struct Group {
  std::vector<QuantParams> params;      // that differ
  std::vector<std::size_t> candidates;  // the first that gives each of them
  std::vector<LayerTrial> trials;

  void add(const QuantParams& each, std::size_t candidate);
  /// The candidate with the least error.
  std::size_t best() const;
};

void Group::add(const QuantParams& each, std::size_t candidate) {
  if (std::find(params.begin(), params.end(), each) != params.end()) return;
  params.push_back(each);
  candidates.push_back(candidate);
}

std::size_t Group::best() const {
  std::vector<double> sums(params.size());
  for (const LayerTrial& trial : trials) {
    const std::vector<double> errors = trial.errors();
    for (std::size_t i = 0; i < errors.size(); ++i) sums[i] += errors[i];
  }
  return candidates[static_cast<std::size_t>(std::min_element(sums.begin(), sums.end()) -
                                             sums.begin())];
}

// Groups by name, each with the layers that read its values.
class Trials {
 public:
  Trials(const Model& model, const std::vector<QuantPlan>& plans);

  std::vector<std::string> observed() const;
  void observe(const std::string& name, const Tensor& value);
  /// The best candidate for the value.
  std::size_t best(const std::string& value) const;

 private:
  void add_layers(const Graph& graph, const PlanIndex& plan);
  void add(const std::string& group, const Model& layer, const std::set<std::string>& values);

  const Model& model_;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::string> group_of_;
  std::map<std::string, std::vector<std::pair<Group*, std::size_t>>> readers_;  // trials by value
};

Trials::Trials(const Model& model, const std::vector<QuantPlan>& plans) : model_(model) {
  for (std::size_t i = 0; i < plans.size(); ++i)
    for (const TensorPlan& tensor : plans[i].tensors) {
      if (tensor.source == Source::kDynamic) continue;
      group_of_[tensor.value] = tensor.group;
      groups_[tensor.group].add(tensor.params, i);
    }
  const PlanIndex plan(plans[0]);
  for_each_graph(model.graph, [&](const Graph& graph) { add_layers(graph, plan); });
  for (const ValueId output : model.graph.outputs()) {
    const Value& value = model.graph.value(output);
    if (const auto group = group_of_.find(value.name); group != group_of_.end())
      add(group->second, identity_model(model, value), {value.name});
  }
}

void Trials::add(const std::string& name, const Model& layer, const std::set<std::string>& values) {
  Group& group = groups_.at(name);
  if (group.params.size() < 2) return;
  group.trials.emplace_back(layer, values);
  for (const std::string& input : group.trials.back().inputs())
    readers_[input].emplace_back(&group, group.trials.size() - 1);
}

void Trials::add_layers(const Graph& graph, const PlanIndex& plan) {
  std::map<std::string, std::set<std::string>> members;  // values by group
  for (const ValueId id : graph.values())
    if (const auto it = group_of_.find(graph.value(id).name); it != group_of_.end())
      members[it->second].insert(it->first);
  for (const auto& [group, values] : members) {
    const Layer layer = layer_behind(graph, plan, values);
    if (!layer.outputs.empty()) add(group, layer_model(model_, graph, layer), values);
  }
}

std::vector<std::string> Trials::observed() const {
  std::vector<std::string> names;
  for (const auto& entry : readers_) names.push_back(entry.first);
  return names;
}

void Trials::observe(const std::string& name, const Tensor& value) {
  for (const auto& [group, trial] : readers_.at(name))
    group->trials[trial].observe(name, value, group->params);
}

std::size_t Trials::best(const std::string& value) const {
  const auto group = group_of_.find(value);
  return group == group_of_.end() ? 0 : groups_.at(group->second).best();
}

// Runs the model on samples spread evenly; on all, where each gives the next its state.
void run_trials(const Model& model, const SampleReader& samples, bool has_feedback, Trials& trials,
                const Progress& progress) {
  const Executor executor(model, {.observed = trials.observed()});
  Feedback feedback = samples.feedback();
  const int64_t count = samples.count(), used = std::min(count, kMostSamples);
  const Observer observer = [&](const std::string& name, const Tensor& value, Layout layout) {
    trials.observe(name, as_channels_first(value, layout));
  };
  for (int64_t i = 0, done = 0; done < used; ++i) {
    const bool is_used = i == done * count / used;
    if (is_used) ++done;
    if (!is_used && !has_feedback) continue;
    TensorMap feed = samples.read(i);
    if (feed.empty()) continue;  // all of it left out
    feedback.fill(feed);
    feedback.keep(executor.run(feed, is_used ? observer : Observer()));
    if (progress) progress(done, used);
  }
}

}  // namespace

RangeChoices choose_by_layers(const Model& model, const SampleReader& samples, bool has_feedback,
                              const CalibrationTable& table, const Ranges& given,
                              const QuantOptions& options, RangeChoices choices,
                              const Progress& progress) {
  std::vector<QuantPlan> plans;
  for (const RangeChoice& candidate : kCandidates) {
    Ranges ranges = choose_ranges(table, with_candidate(choices, candidate));
    replace_ranges(ranges, given);
    plans.push_back(plan_activations(model, ranges, options));
  }
  Trials trials(model, plans);
  run_trials(model, samples, has_feedback, trials, progress);
  for (auto& [value, choice] : choices)
    choice = with_candidate({{value, choice}}, kCandidates[trials.best(value)]).at(value);
  return choices;
}

}  // namespace qtool
