#include "runtime/plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/parallel.h"
#include "ir/bodies.h"
#include "onnx_io/onnx_io.h"
#include "passes/channels_to_last.h"
#include "passes/pass.h"

namespace qtool {
namespace {

constexpr int kLeftOut = -1;

int slot_of(ValueId id) { return static_cast<int>(id); }

std::vector<int> slots_of(const std::vector<ValueId>& ids) {
  std::vector<int> slots;
  std::transform(ids.begin(), ids.end(), std::back_inserter(slots), slot_of);
  return slots;
}

std::string name_of(const Graph& graph, const Node& node) {
  if (!node.name.empty() || node.outputs.empty()) return node.name;
  return node.outputs[0] == ValueId::kNone ? "" : graph.value(node.outputs[0]).name;
}

// Whether a node reads so little that threads would wait for each other longer than they work: with two
// of them, and another process on the same cores, a network of 0.3 ms took 17 times as long.
bool is_small(const std::vector<const Datum*>& inputs) {
  constexpr int64_t kElements = int64_t{1} << 16;
  int64_t elements = 0;
  for (const Datum* input : inputs)
    if (input != nullptr && input->is_tensor()) elements += input->tensor().size();
  return elements < kElements;
}

UnsupportedNode unsupported_node(const Model& model, const Node& node) {
  UnsupportedNode result{full_op_type(node), opset_version(model, node.domain),
                         name_of(model.graph, node), ""};
  if (find_op(node) == nullptr) return result;
  std::vector<std::string_view> types;
  for (const ValueId id : node.inputs)
    types.push_back(id == ValueId::kNone ? "none" : name(model.graph.value(id).type.dtype));
  result.types = fmt::format("{}", fmt::join(types, ", "));
  return result;
}

}  // namespace

Plan::Plan(Model model, PlanContext& context) : context_(context), model_(std::move(model)) {
  const auto names_of = [&](const std::vector<ValueId>& ids) {
    std::vector<std::string> names;
    for (const ValueId id : ids) names.push_back(model_.graph.value(id).name);
    return names;
  };
  const auto find_all = [&](const std::vector<std::string>& names) {
    std::vector<ValueId> ids;
    for (const std::string& name : names) ids.push_back(model_.graph.find(name));
    return ids;
  };
  const auto inputs = names_of(required_inputs(model_.graph));
  const auto outputs = names_of(model_.graph.outputs());
  for (const std::string& name : context_.observed)  // an output stays through fusions
    if (const ValueId id = model_.graph.find(name);
        id != ValueId::kNone && !model_.graph.is_output(id))
      model_.graph.add_output(id);
  expand_functions(model_, [](std::string_view domain, std::string_view op_type) {
    return find_op(domain, op_type) != nullptr;
  });
  if (context_.options.fuse) run_passes(model_, runtime_pipeline());
  inputs_ = find_all(inputs);
  outputs_ = find_all(outputs);
  fill_constants();
  for (const NodeId id : model_.graph.nodes())
    with_context([&] { return describe(graph(), graph().node(id)); }, [&] { bind(id); });
  find_last_uses();
  count_readers();
  model_.graph = without_elements(std::move(model_.graph));
}

void Plan::fill_constants() {
  values_.resize(graph().value_count());
  for (const ValueId id : graph().values())
    if (const Tensor* constant = graph().constant(id))
      values_[static_cast<std::size_t>(id)] = *constant;
}

// A transposition to channels-first that nobody but the observer needs.
bool Plan::is_only_shown(const Node& node) const {
  if (node.op_type != "Transpose" || !node.domain.empty()) return false;
  const auto* perm = find_attribute<std::vector<int64_t>>(node, "perm");
  const ValueId output = node.outputs[0];
  return perm != nullptr && *perm == perm_to_channels_first(perm->size()) &&
         graph().value(output).consumers.empty() &&
         context_.observed.contains(graph().value(output).name) &&
         std::find(outputs_.begin(), outputs_.end(), output) == outputs_.end() &&
         !graph().captured().contains(output);
}

void Plan::bind(NodeId id) {
  const Node& node = graph().node(id);
  if (is_only_shown(node)) {
    const int slot = slot_of(node.inputs[0]);
    Step& step = steps_.emplace_back();
    step.node = id;
    step.inputs = {slot};
    step.observed = {{slot, node.outputs[0], Layout::kChannelsLast}};
    return;
  }
  Step step{.node = id, .kernel = bind_kernel(bind_context(model_, node), context_.options.first)};
  if (!step.kernel.run) context_.unsupported.push_back(unsupported_node(model_, node));
  bind_bodies(node, step);
  step.inputs = slots_of(node.inputs);
  step.outputs = slots_of(node.outputs);
  for (const ValueId output : node.outputs)
    if (output != ValueId::kNone && context_.observed.contains(graph().value(output).name))
      step.observed.push_back({slot_of(output), output});
  steps_.push_back(std::move(step));
}

void Plan::bind_bodies(const Node& node, Step& step) {
  for (const Attribute& attribute : node.attributes)
    if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute.value))
      step.bodies.emplace(attribute.name, make_body(**body));
}

// Captured constants become the body's own, everything else that it captures further inputs.
Plan::Body Plan::make_body(const Graph& body) {
  Model closed{model_.ir_version, model_.opsets, body, {}};
  Body result;
  for (const std::string& name : body.free_names()) {
    const ValueId outer = graph().find(name);
    if (outer == ValueId::kNone) fail("a subgraph reads '{}', which nothing defines", name);
    ValueId inner = closed.graph.find(name);
    if (inner == ValueId::kNone) inner = closed.graph.add_value(name);
    if (const Constant& constant = graph().value(outer).constant) {
      closed.graph.set_constant(inner, constant);
      continue;
    }
    closed.graph.mutable_value(inner).type = graph().value(outer).type;
    closed.graph.add_input(inner);
    result.captured.push_back(slot_of(outer));
  }
  result.plan = std::make_unique<Plan>(std::move(closed), context_);
  return result;
}

void Plan::find_last_uses() {
  std::set<int> needed_later;
  for (const ValueId id : outputs_) needed_later.insert(slot_of(id));
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    const auto release_if_last = [&](int slot) {
      if (slot == kLeftOut || !needed_later.insert(slot).second) return;
      if (!graph().value(static_cast<ValueId>(slot)).constant) step->release.push_back(slot);
    };
    std::for_each(step->outputs.begin(), step->outputs.end(), release_if_last);
    std::for_each(step->inputs.begin(), step->inputs.end(), release_if_last);
    for (const auto& [name, body] : step->bodies)
      std::for_each(body.captured.begin(), body.captured.end(), release_if_last);
  }
}

void Plan::count_readers() {
  readers_.resize(values_.size());
  for (const Step& step : steps_)
    for (const int slot : step.inputs)
      if (slot != kLeftOut) ++readers_[static_cast<std::size_t>(slot)];
  for (const ValueId id : outputs_) ++readers_[static_cast<std::size_t>(id)];
  for (std::size_t slot = 0; slot < values_.size(); ++slot)
    if (readers_[slot] == 0 && values_[slot].is_tensor())
      values_[slot] = values_[slot].tensor().without_elements();
}

// Constants go when the last of their readers has let them go.
void Plan::let_go(Step& step, uint32_t inputs) {
  const uint32_t before = std::exchange(step.let_go, step.let_go | inputs);
  for (std::size_t i = 0; i < step.inputs.size() && i < 32; ++i) {
    if (((step.let_go & ~before) >> i & 1) == 0) continue;
    const auto slot = static_cast<std::size_t>(step.inputs[i]);
    QTOOL_ASSERT(graph().value(static_cast<ValueId>(slot)).constant);
    if (--readers_[slot] == 0) values_[slot] = values_[slot].tensor().without_elements();
  }
}

std::vector<Datum> Plan::run_body(const Step& step, std::string_view attribute,
                                  std::vector<Datum> inputs) {
  const auto body = step.bodies.find(attribute);
  if (body == step.bodies.end()) fail("attribute '{}' is missing", attribute);
  Plan& plan = *body->second.plan;
  const std::size_t own = plan.inputs_.size() - body->second.captured.size();
  if (inputs.size() != own)
    fail("attribute '{}' takes {} inputs, got {}", attribute, own, inputs.size());
  for (const int slot : body->second.captured)
    inputs.push_back(values_[static_cast<std::size_t>(slot)]);
  return with_context([&] { return std::string(attribute); },
                      [&] { return plan.run(std::move(inputs)); });
}

void Plan::count_step() const {
  const int64_t limit = context_.options.max_steps;
  if (limit > 0 && context_.steps_done++ >= limit)
    fail("stopped after {} steps; a loop may never end, --max-steps allows more", limit);
}

std::vector<const Datum*> Plan::inputs_of(const Step& step) const {
  std::vector<const Datum*> inputs(step.inputs.size());
  std::transform(step.inputs.begin(), step.inputs.end(), inputs.begin(), [&](int slot) {
    return slot == kLeftOut ? nullptr : &values_[static_cast<std::size_t>(slot)];
  });
  return inputs;
}

void Plan::run_step(Step& step) {
  if (!step.kernel.run) return;
  count_step();
  const std::vector<const Datum*> inputs = inputs_of(step);
  std::vector<Datum> outputs(step.outputs.size());
  const RunBody run_body = [&](std::string_view attribute, std::vector<Datum> data) {
    return this->run_body(step, attribute, std::move(data));
  };
  const OneThread one(step.bodies.empty() && is_small(inputs));
  uint32_t let_go = 0;
  KernelCall call(inputs, outputs, context_.allocate, &run_body, &let_go);
  step.kernel.run(call);
  if (let_go != step.let_go) this->let_go(step, let_go);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (step.outputs[i] != kLeftOut)
      values_[static_cast<std::size_t>(step.outputs[i])] = std::move(outputs[i]);
}

Work Plan::work_of(const Step& step) const {
  std::vector<Datum> outputs;
  for (const int slot : step.outputs)
    outputs.push_back(slot == kLeftOut ? Datum() : values_[static_cast<std::size_t>(slot)]);
  return qtool::work_of(graph().node(step.node), inputs_of(step), outputs);
}

void Plan::run_profiled(Step& step) {
  const auto seconds_since = [](std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double start = seconds_since(context_.start);
  run_step(step);
  Executor::Step& profile = step.profile;
  profile.latest_start = start;
  profile.latest_seconds = seconds_since(context_.start) - start;
  profile.seconds += profile.latest_seconds;
  ++profile.runs;
  profile.work = work_of(step);
}

void Plan::show(const Shown& shown) const {
  if (context_.observer == nullptr || !*context_.observer) return;
  const Datum& value = values_[static_cast<std::size_t>(shown.slot)];
  if (value.is_tensor())
    (*context_.observer)(graph().value(shown.name).name, value.tensor(), shown.layout);
}

std::vector<Datum> Plan::run(std::vector<Datum> inputs) {
  count_step();  // an endless loop may have nothing in it
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    values_[static_cast<std::size_t>(inputs_[i])] = std::move(inputs[i]);
    if (context_.observed.contains(graph().value(inputs_[i]).name))
      show({slot_of(inputs_[i]), inputs_[i]});
  }
  for (Step& step : steps_) {
    with_context([&] { return describe(graph(), graph().node(step.node)); },
                 [&] { context_.options.profile ? run_profiled(step) : run_step(step); });
    for (const Shown& shown : step.observed) show(shown);
    for (const int slot : step.release) values_[static_cast<std::size_t>(slot)] = Datum();
  }
  std::vector<Datum> outputs;
  for (const ValueId id : outputs_) outputs.push_back(values_[static_cast<std::size_t>(id)]);
  return outputs;
}

void Plan::list_steps(std::vector<Executor::Step>& steps) const {
  for (const Step& step : steps_) {
    const Node& node = graph().node(step.node);
    if (step.kernel.run) {
      Executor::Step& listed = steps.emplace_back(step.profile);
      listed.node = name_of(graph(), node);
      listed.op_type = full_op_type(node);
      listed.provider = step.kernel.provider;
    }
    for (const auto& [name, body] : step.bodies) body.plan->list_steps(steps);
  }
}

}  // namespace qtool
