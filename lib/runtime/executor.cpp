#include "runtime/executor.h"

#include <algorithm>
#include <set>

#include "passes/pass.h"
#include "runtime/buffer_pool.h"

namespace qtool {
namespace {

constexpr int kLeftOut = -1;

}  // namespace

// Values live in slots, one per value of the compiled graph.
struct Executor::Plan {
  struct Step {
    NodeId node;
    BoundKernel kernel;
    std::vector<int> inputs;  // slots; kLeftOut for optional inputs left out
    std::vector<int> outputs;
    std::vector<int> release;   // slots read for the last time here
    std::vector<int> observed;  // output slots to show
  };

  Model model;
  std::vector<Step> steps;
  std::vector<ValueId> outputs;  // of the original graph
  std::set<std::string> observed;
  std::vector<Tensor> slots;  // constants filled in
  BufferPool pool;
  Allocate allocate = [this](DType dtype, const Shape& shape) {
    return pool.allocate(dtype, shape);
  };

  void mark_observed(const std::vector<std::string>& names);
  void bind(Provider first);
  void find_last_uses();
  void run_step(const Step& step, std::vector<Tensor>& values);
};

// An observed value is an output for as long as the passes run, which keeps it through fusions.
void Executor::Plan::mark_observed(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ValueId id = model.graph.find(name);
    if (id == ValueId::kNone) fail("the graph has no value '{}'", name);
    if (!model.graph.is_output(id)) model.graph.add_output(id);
    observed.insert(name);
  }
}

void Executor::Plan::bind(Provider first) {
  const Graph& graph = model.graph;
  slots.resize(graph.value_count());
  for (const ValueId id : graph.values())
    if (const Tensor* constant = graph.constant(id))
      slots[static_cast<std::size_t>(id)] = *constant;
  const auto slot_of = [](ValueId id) { return static_cast<int>(id); };
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    with_context([&] { return describe(graph, node); },
                 [&] {
                   Step step{.node = id, .kernel = bind_kernel(bind_context(model, node), first)};
                   std::transform(node.inputs.begin(), node.inputs.end(),
                                  std::back_inserter(step.inputs), slot_of);
                   std::transform(node.outputs.begin(), node.outputs.end(),
                                  std::back_inserter(step.outputs), slot_of);
                   for (const ValueId output : node.outputs)
                     if (output != ValueId::kNone && observed.contains(graph.value(output).name))
                       step.observed.push_back(slot_of(output));
                   steps.push_back(std::move(step));
                 });
  }
}

void Executor::Plan::find_last_uses() {
  std::set<int> needed_later;
  for (const ValueId id : model.graph.outputs()) needed_later.insert(static_cast<int>(id));
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const auto release_if_last = [&](int slot) {
      if (slot == kLeftOut || !needed_later.insert(slot).second) return;
      if (!model.graph.value(static_cast<ValueId>(slot)).constant) step->release.push_back(slot);
    };
    std::for_each(step->outputs.begin(), step->outputs.end(), release_if_last);
    std::for_each(step->inputs.begin(), step->inputs.end(), release_if_last);
  }
}

void Executor::Plan::run_step(const Step& step, std::vector<Tensor>& values) {
  std::vector<const Tensor*> inputs;
  for (const int slot : step.inputs)
    inputs.push_back(slot == kLeftOut ? nullptr : &values[static_cast<std::size_t>(slot)]);
  std::vector<Tensor> outputs(step.outputs.size());
  KernelCall call(inputs, outputs, allocate);
  step.kernel.run(call);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (step.outputs[i] != kLeftOut)
      values[static_cast<std::size_t>(step.outputs[i])] = std::move(outputs[i]);
}

Executor::Executor(const Model& model, const CompileOptions& options)
    : plan_(std::make_unique<Plan>()) {
  plan_->model = model;
  plan_->mark_observed(options.observed);
  if (options.fuse) run_passes(plan_->model, runtime_pipeline());
  for (const ValueId id : model.graph.outputs())
    plan_->outputs.push_back(plan_->model.graph.find(model.graph.value(id).name));
  plan_->bind(options.first);
  plan_->find_last_uses();
}

Executor::Executor(Executor&&) noexcept = default;
Executor& Executor::operator=(Executor&&) noexcept = default;
Executor::~Executor() = default;

TensorMap Executor::run(const TensorMap& feed, const Observer& observer) const {
  const Graph& graph = plan_->model.graph;
  check_feed(graph, feed);
  std::vector<Tensor> values = plan_->slots;
  const auto show = [&](int slot) {
    if (observer)
      observer(graph.value(static_cast<ValueId>(slot)).name,
               values[static_cast<std::size_t>(slot)]);
  };
  for (const auto& [name, tensor] : feed) {
    const ValueId id = graph.find(name);
    values[static_cast<std::size_t>(id)] = tensor;
    if (plan_->observed.contains(name)) show(static_cast<int>(id));
  }
  for (const Plan::Step& step : plan_->steps) {
    with_context([&] { return describe(graph, graph.node(step.node)); },
                 [&] { plan_->run_step(step, values); });
    std::for_each(step.observed.begin(), step.observed.end(), show);
    for (const int slot : step.release) values[static_cast<std::size_t>(slot)] = Tensor();
  }
  TensorMap outputs;
  for (const ValueId id : plan_->outputs)
    outputs.emplace(graph.value(id).name, values[static_cast<std::size_t>(id)]);
  return outputs;
}

std::vector<Executor::Step> Executor::steps() const {
  const Graph& graph = plan_->model.graph;
  std::vector<Step> result;
  for (const Plan::Step& step : plan_->steps) {
    const Node& node = graph.node(step.node);
    const std::string name = node.name.empty() ? graph.value(node.outputs.at(0)).name : node.name;
    result.push_back({name, full_op_type(node), step.kernel.provider});
  }
  return result;
}

}  // namespace qtool
