#include "advise/search.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "base/error.h"

using namespace qtool;

namespace {

// A model of ten nodes n0 to n9 in which quantizing node i costs its loss in points and saves a tenth of the
// size, and a world of what trials of it measure.
struct World {
  std::vector<double> loss = std::vector<double>(10, 0.0);
  double max_drop = 0.3;
  std::optional<double> max_ratio;
  std::vector<std::string> order = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"};
  // Of a node with activations of 16 bits: how much of its loss stays, and how much slower it makes a run.
  double loss_in_16_bits = 1, slow_in_16_bits = 1;
  double slow_add = 1;  // how much slower integer Add nodes, the even ones, make a run
  int measured = 0;

  Trials trials() {
    return {
        [this](const Candidate& candidate) { return plan(candidate); },
        [this](const Candidate& candidate, QuantPlan plan) {
          return measure(candidate, std::move(plan));
        },
        [this](const Trial&) { return order; },
        [](Candidate candidate, const std::vector<std::string>& nodes, const std::string& change) {
          candidate.name += "; " + change;
          for (const std::string& node : nodes)
            candidate.quant.tensor_rules.push_back({.values = node});
          return candidate;
        },
        [](const std::vector<Trial*>&) {}};
  }

  QuantPlan plan(const Candidate& candidate) const {
    if (candidate.name.starts_with("broken")) fail("cannot be planned");
    QuantPlan plan;
    for (int i = 0; i < 10; ++i) {
      NodePlan node{.node = "n" + std::to_string(i), .op_type = i % 2 == 0 ? "Add" : "Mul"};
      node.mode = candidate.quant.mode;
      for (const NodeRule& rule : candidate.quant.rules)
        for (const std::string& pattern : rule.nodes)
          if (pattern == node.node || pattern == "op:" + node.op_type)
            // There is no dynamic form here.
            node.mode = *rule.mode == Mode::kDynamic ? Mode::kFloat : *rule.mode;
      for (const TensorRule& rule : candidate.quant.tensor_rules)
        if (rule.values == node.node)
          plan.tensors.push_back(
              {node.node, {.dtype = DType::kUInt16, .scale = {1}, .zero_point = {0}}});
      node.reason = candidate.name;  // differs though the plan does the same
      plan.nodes.push_back(node);
    }
    return plan;
  }

  Trial measure(const Candidate& candidate, QuantPlan plan) {
    ++measured;
    Trial trial{candidate, std::move(plan)};
    double drop = 0;
    double latency = 1;
    trial.size_ratio = 1.1;
    for (std::size_t i = 0; i < 10; ++i) {
      const NodePlan& node = trial.plan.nodes[i];
      if (node.mode == Mode::kFloat) continue;
      const bool is_wide =
          std::any_of(trial.plan.tensors.begin(), trial.plan.tensors.end(),
                      [&](const TensorPlan& tensor) { return tensor.value == node.node; });
      drop += is_wide ? loss_in_16_bits * loss[i] : loss[i];
      latency *= is_wide ? slow_in_16_bits : 1;
      trial.size_ratio -= 0.1;
      latency *= node.op_type == "Add" ? slow_add : 1;
    }
    trial.figures.latency_ratio = Estimate{latency, latency, latency};
    const auto gate = [&](const char* name, double bound, double value) {
      trial.gates.push_back({name,
                             "",
                             "",
                             true,
                             bound,
                             {value, value, value},
                             value <= bound ? Verdict::kMet : Verdict::kNotMet});
    };
    gate("max-accuracy-drop", max_drop, drop);
    if (max_ratio) gate("max-ratio", *max_ratio, trial.size_ratio);
    return trial;
  }
};

std::vector<Candidate> all_static() {
  return {{.name = "static", .quant = {.mode = Mode::kStatic}}};
}

std::set<std::string> float_nodes(const Trial& trial) {
  std::set<std::string> names;
  for (const NodePlan& node : trial.plan.nodes)
    if (node.mode == Mode::kFloat) names.insert(node.node);
  return names;
}

}  // namespace

TEST_CASE("what loses nothing stays as it is") {
  World world;
  const SearchResult result = search(all_static(), world.trials(), 100);
  CHECK(result.trials[result.best].candidate.name == "static");
  CHECK(float_nodes(result.trials[result.best]).empty());
}

TEST_CASE("the nodes to blame go back to float, and no others") {
  World world;
  world.loss[0] = 5;
  world.loss[4] = 1;
  world.loss[9] = 0.2;
  const SearchResult result = search(all_static(), world.trials(), 100);
  // By bisection n0 to n4; n1, n2 and n3 are given back.
  CHECK(float_nodes(result.trials[result.best]) == std::set<std::string>{"n0", "n4"});
  CHECK(unmet(result.trials[result.best]).none());
}

TEST_CASE("activations of 16 bits, where they give the accuracy and cost less than floats") {
  World world;
  world.loss[0] = 5;
  world.loss_in_16_bits = 0;
  world.slow_in_16_bits = 1.01;
  const SearchResult cheap = search(all_static(), world.trials(), 100);
  CHECK(cheap.trials[cheap.best].candidate.name == "static; 1 nodes with 16 bits");
  world.slow_in_16_bits = 3;
  const SearchResult slow = search(all_static(), world.trials(), 100);
  CHECK(float_nodes(slow.trials[slow.best]) == std::set<std::string>{"n0"});
}

TEST_CASE("operators that are slower on integers go back to float") {
  World world;
  world.slow_add = 1.5;
  const SearchResult result = search(all_static(), world.trials(), 100);
  CHECK(float_nodes(result.trials[result.best]) ==
        std::set<std::string>{"n0", "n2", "n4", "n6", "n8"});
}

TEST_CASE("bounds that cannot be kept together: accuracy counts first") {
  World world;
  world.loss.assign(10, 1);
  world.max_ratio = 0.5;
  const SearchResult result = search(all_static(), world.trials(), 100);
  const Trial& best = result.trials[result.best];
  CHECK(unmet(best).accuracy == 0);
  CHECK(unmet(best).others == 1);
  CHECK(float_nodes(best).size() >= 9);
}

TEST_CASE("equal plans are measured once, failures are told, trials are counted") {
  World world;
  std::vector<Candidate> candidates = all_static();
  candidates.push_back({.name = "the same", .quant = {.mode = Mode::kStatic}});
  candidates.push_back({.name = "broken", .quant = {.mode = Mode::kStatic}});
  const SearchResult result = search(candidates, world.trials(), 100);
  CHECK(std::none_of(result.trials.begin(), result.trials.end(),
                     [](const Trial& trial) { return trial.candidate.name == "the same"; }));
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures[0].candidate == "broken");
  CHECK(result.failures[0].reason == "cannot be planned");
  CHECK(static_cast<int>(result.trials.size()) == world.measured);

  World hurried;
  hurried.loss.assign(10, 1);
  search(all_static(), hurried.trials(), 3);
  CHECK(hurried.measured == 3);
}

TEST_CASE("nothing but failures") {
  World world;
  const SearchResult result =
      search({{.name = "broken", .quant = {.mode = Mode::kStatic}}}, world.trials(), 100);
  CHECK(result.trials.empty());
  CHECK(result.failures.size() == 1);
}

TEST_CASE("of nearly equal costs the higher SQNR is best") {
  std::vector<Trial> trials(3);
  const double sizes[] = {0.30, 0.31, 0.40}, sqnrs[] = {20, 30, 60};
  for (std::size_t i = 0; i < 3; ++i) {
    trials[i].size_ratio = sizes[i];
    trials[i].figures.latency_ratio = Estimate{0.5, 0.5, 0.5};
    trials[i].figures.outputs["y"].sqnr_db = sqnrs[i];
  }
  CHECK(best_trial(trials) == 1);
  CHECK(cost(trials[1]) == Catch::Approx(0.155));
}
