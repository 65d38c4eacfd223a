#include "ir/graph.h"

#include <algorithm>

#include "base/error.h"

namespace qtool {
namespace {

std::size_t index_of(NodeId id) { return static_cast<std::size_t>(id); }
std::size_t index_of(ValueId id) { return static_cast<std::size_t>(id); }

template <class T>
bool has(const std::vector<T>& items, const T& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Calls visit(name) for every name that the subgraphs of `node` read and do not define.
template <class Visit>
void for_each_captured_name(const Node& node, Visit visit) {
  for (const Attribute& attribute : node.attributes)
    if (const auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute.value))
      for (const std::string& name : (*subgraph)->free_names()) visit(name);
}

}  // namespace

std::vector<ValueId> Graph::values() const {
  std::vector<ValueId> ids(values_.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<ValueId>(i);
  return ids;
}

// Depth first from every node in the order of ids: producers come right before their first reader.
std::vector<NodeId> Graph::nodes() const {
  enum class State : uint8_t { kNew, kOpen, kDone };
  std::vector<State> state(nodes_.size(), State::kNew);
  std::vector<NodeId> order;
  std::vector<NodeId> stack;
  const auto push_value = [&](ValueId value) {
    if (value == ValueId::kNone) return;
    const NodeId producer = this->value(value).producer;
    if (producer == NodeId::kNone || state[index_of(producer)] == State::kDone) return;
    if (state[index_of(producer)] == State::kOpen)
      fail("the graph has a cycle through {}", describe(*this, node(producer)));
    stack.push_back(producer);
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]) continue;
    stack.push_back(static_cast<NodeId>(i));
    while (!stack.empty()) {
      const NodeId id = stack.back();
      State& mark = state[index_of(id)];
      if (mark == State::kNew) {
        mark = State::kOpen;
        // Pushed from last to first, so that the first input's producer comes first.
        const auto& inputs = node(id).inputs;
        for (std::size_t k = inputs.size(); k-- > 0;) push_value(inputs[k]);
        for_each_captured_name(node(id), [&](const std::string& n) { push_value(find(n)); });
        continue;
      }
      stack.pop_back();
      if (mark == State::kDone) continue;
      mark = State::kDone;
      order.push_back(id);
    }
  }
  return order;
}

std::size_t Graph::node_count() const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return bool(node); }));
}

ValueId Graph::find(std::string_view name) const {
  const auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? ValueId::kNone : it->second;
}

const Tensor* Graph::constant(ValueId id) const {
  return id == ValueId::kNone ? nullptr : value(id).constant.tensor.get();
}

const Tensor* Graph::constant_input(const Node& node, std::size_t index) const {
  return index < node.inputs.size() ? constant(node.inputs[index]) : nullptr;
}

bool Graph::is_input(ValueId id) const { return has(inputs_, id); }
bool Graph::is_output(ValueId id) const { return has(outputs_, id); }

std::set<ValueId> Graph::captured() const {
  std::set<ValueId> ids;
  for (const auto& node : nodes_)
    if (node)
      for_each_captured_name(*node, [&](const std::string& name) {
        if (const ValueId id = find(name); id != ValueId::kNone) ids.insert(id);
      });
  return ids;
}

std::set<std::string> Graph::free_names() const {
  std::set<std::string> names;
  const auto defined = [&](ValueId id) {
    return value(id).producer != NodeId::kNone || value(id).constant || is_input(id);
  };
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (!defined(id) && (!values_[i].consumers.empty() || is_output(id)))
      names.insert(values_[i].name);
  }
  for (const auto& node : nodes_)
    if (node)
      for_each_captured_name(*node, [&](const std::string& name) {
        const ValueId id = find(name);
        if (id == ValueId::kNone || !defined(id)) names.insert(name);
      });
  return names;
}

ValueId Graph::add_value(std::string name, ValueType type) {
  const auto id = static_cast<ValueId>(values_.size());
  const bool is_new = by_name_.emplace(name, id).second;
  QTOOL_ASSERT(is_new);
  values_.push_back({.name = std::move(name), .type = std::move(type)});
  return id;
}

ValueId Graph::add_constant(std::string name, Constant constant) {
  const ValueId id = add_value(std::move(name));
  set_constant(id, std::move(constant));
  return id;
}

std::string Graph::unique_name(std::string_view base) const {
  std::string name(base);
  for (int i = 1; find(name) != ValueId::kNone; ++i) name = fmt::format("{}_{}", base, i);
  return name;
}

void Graph::set_name(ValueId id, std::string name) {
  Value& value = mutable_value(id);
  by_name_.erase(value.name);
  const bool is_new = by_name_.emplace(name, id).second;
  QTOOL_ASSERT(is_new);
  value.name = std::move(name);
}

void Graph::set_constant(ValueId id, Constant constant) {
  Value& value = mutable_value(id);
  value.type = tensor_type(constant.tensor->dtype(), constant.tensor->shape());
  value.constant = std::move(constant);
}

void Graph::link(NodeId id) {
  for (const ValueId input : node(id).inputs)
    if (input != ValueId::kNone) mutable_value(input).consumers.push_back(id);
  for (const ValueId output : node(id).outputs)
    if (output != ValueId::kNone) {
      QTOOL_ASSERT(value(output).producer == NodeId::kNone);
      mutable_value(output).producer = id;
    }
}

void Graph::unlink(NodeId id) {
  for (const ValueId input : node(id).inputs)
    if (input != ValueId::kNone) std::erase(mutable_value(input).consumers, id);
  for (const ValueId output : node(id).outputs)
    if (output != ValueId::kNone) mutable_value(output).producer = NodeId::kNone;
}

NodeId Graph::add_node(Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.emplace_back(std::move(node));
  link(id);
  return id;
}

void Graph::remove_node(NodeId id) {
  unlink(id);
  nodes_[index_of(id)].reset();
}

void Graph::set_inputs(NodeId id, std::vector<ValueId> inputs) {
  unlink(id);
  mutable_node(id).inputs = std::move(inputs);
  link(id);
}

void Graph::set_input(NodeId id, std::size_t index, ValueId value) {
  std::vector<ValueId> inputs = node(id).inputs;
  inputs[index] = value;
  set_inputs(id, std::move(inputs));
}

void Graph::set_output(NodeId id, std::size_t index, ValueId value) {
  unlink(id);
  mutable_node(id).outputs[index] = value;
  link(id);
}

void Graph::replace_uses(ValueId from, ValueId to) {
  const std::vector<NodeId> consumers = value(from).consumers;
  for (const NodeId consumer : consumers) {
    if (!has(node(consumer).inputs, from)) continue;  // read twice, replaced already
    std::vector<ValueId> inputs = node(consumer).inputs;
    std::replace(inputs.begin(), inputs.end(), from, to);
    set_inputs(consumer, std::move(inputs));
  }
}

void Graph::compact() {
  const std::set<ValueId> captured = this->captured();
  std::vector<bool> keep(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    keep[i] = values_[i].producer != NodeId::kNone || !values_[i].consumers.empty() ||
              is_input(id) || is_output(id) || captured.contains(id);
  }
  std::vector<ValueId> renumbered(values_.size(), ValueId::kNone);
  Graph result;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!keep[i]) continue;
    renumbered[i] = static_cast<ValueId>(result.values_.size());
    Value value = std::move(values_[i]);
    value.producer = NodeId::kNone;
    value.consumers.clear();
    result.by_name_.emplace(value.name, renumbered[i]);
    result.values_.push_back(std::move(value));
  }
  const auto renumber = [&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids)
      if (id != ValueId::kNone) id = renumbered[index_of(id)];
  };
  for (auto& node : nodes_) {
    if (!node) continue;
    renumber(node->inputs);
    renumber(node->outputs);
    result.add_node(std::move(*node));
  }
  renumber(inputs_);
  renumber(outputs_);
  result.inputs_ = std::move(inputs_);
  result.outputs_ = std::move(outputs_);
  result.name = std::move(name);
  result.extra = std::move(extra);
  *this = std::move(result);
}

}  // namespace qtool
