#include "runtime/executor.h"

#include "ir/bodies.h"
#include "runtime/plan.h"

namespace qtool {
namespace {

void check_observed(const Graph& graph, const std::vector<std::string>& names) {
  std::set<std::string> missing(names.begin(), names.end());
  for_each_graph(graph, [&](const Graph& each) {
    std::erase_if(missing, [&](const auto& name) { return each.find(name) != ValueId::kNone; });
  });
  if (!missing.empty()) fail("the model has no value '{}'", *missing.begin());
}

}  // namespace

struct Executor::Impl {
  explicit Impl(const CompileOptions& options) : context(options) {}

  PlanContext context;
  std::unique_ptr<Plan> plan;
};

Executor::Executor(Model model, const CompileOptions& options)
    : impl_(std::make_unique<Impl>(options)) {
  check_observed(model.graph, options.observed);
  impl_->plan = std::make_unique<Plan>(std::move(model), impl_->context);
  if (!impl_->context.unsupported.empty()) fail("{}", unsupported_text(impl_->context.unsupported));
}

Executor::Executor(Executor&&) noexcept = default;
Executor& Executor::operator=(Executor&&) noexcept = default;
Executor::~Executor() = default;

DatumMap Executor::run_data(const DatumMap& feed, const Observer& observer) const {
  const Graph& graph = impl_->plan->graph();
  check_feed(graph, feed);
  std::vector<Datum> inputs;
  for (const ValueId id : required_inputs(graph)) inputs.push_back(feed.at(graph.value(id).name));
  impl_->context.observer = &observer;
  impl_->context.steps_done = 0;
  impl_->context.start = std::chrono::steady_clock::now();
  std::vector<Datum> results = impl_->plan->run(std::move(inputs));
  DatumMap outputs;
  for (std::size_t i = 0; i < results.size(); ++i)
    outputs.emplace(impl_->plan->output_name(i), std::move(results[i]));
  return outputs;
}

TensorMap Executor::run(const TensorMap& feed, const Observer& observer) const {
  TensorMap outputs;
  for (const auto& [name, datum] : run_data(DatumMap(feed.begin(), feed.end()), observer))
    with_context([&, &name = name] { return fmt::format("output '{}'", name); },
                 [&, &name = name, &datum = datum] { outputs.emplace(name, datum.tensor()); });
  return outputs;
}

std::vector<Executor::Step> Executor::steps() const {
  std::vector<Step> steps;
  impl_->plan->list_steps(steps);
  return steps;
}

}  // namespace qtool
