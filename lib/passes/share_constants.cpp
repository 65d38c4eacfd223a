// Before      constants of the same type, shape and elements, also in different bodies (If, Loop, Scan)
// After       one constant, in the main graph where several graphs had it, in its name there or that of
//             the first
// Conditions  more than one element; no graph input or output, nor captured by a body; no zero points,
//             which onnxruntime cannot change from int8 to uint8 for one of two readers. Values of
//             different graphs have different names

#include <algorithm>
#include <map>
#include <set>

#include "base/named.h"
#include "ir/bodies.h"
#include "passes/passes.h"

namespace qtool {
namespace {

struct Shared {
  Constant constant;
  std::string name;
  std::set<int> graphs;  // that have it, in the order of for_each_graph; 0 is the main one
  int count = 0;
};

class Sharer {
 public:
  explicit Sharer(const Graph& main);

  bool rewrite(Graph& graph, bool is_main);

 private:
  Shared& entry(const Constant& constant);
  void hoist(Graph& main) const;

  std::multimap<std::size_t, Shared> entries_;  // by a hash of the bytes
};

// The inputs of an operator that may be bytes without being zero points, as bits.
constexpr std::array<Named<unsigned>, 9> kDataInputs = {
    {{"DequantizeLinear", 0b1},
     {"Gather", 0b1},
     {"MatMulInteger", 0b11},
     {"ConvInteger", 0b11},
     {"QLinearConv", 0b1001},
     {"QLinearMatMul", 0b1001},
     {"com.microsoft.QGemm", 0b1001},
     {"com.microsoft.QAttention", 0b11},
     {"com.microsoft.DynamicQuantizeLSTM", 0b111}}};

bool may_be_zero_point(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (bits(value.type.dtype) > 8) return false;
  for (const NodeId consumer : value.consumers) {
    const Node& node = graph.node(consumer);
    const unsigned data = find_named(kDataInputs, full_op_type(node)).value_or(0);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i] == id && (i > 3 || (data >> i & 1) == 0)) return true;
  }
  return false;
}

// The constants that may be shared.
std::vector<ValueId> candidates(const Graph& graph) {
  const std::set<ValueId> captured = graph.captured();
  std::vector<ValueId> result;
  for (const ValueId id : graph.values()) {
    const Tensor* tensor = graph.constant(id);
    if (tensor != nullptr && tensor->size() > 1 && tensor->dtype() != DType::kString &&
        !graph.value(id).consumers.empty() && !graph.is_input(id) && !graph.is_output(id) &&
        !captured.contains(id) && !may_be_zero_point(graph, id))
      result.push_back(id);
  }
  return result;
}

Sharer::Sharer(const Graph& main) {
  int index = 0;
  for_each_graph(main, [&](const Graph& graph) {
    for (const ValueId id : candidates(graph)) {
      Shared& shared = entry(graph.value(id).constant);
      if (shared.count++ == 0) shared.name = graph.value(id).name;
      shared.graphs.insert(index);
    }
    ++index;
  });
}

Shared& Sharer::entry(const Constant& constant) {
  const Tensor& tensor = *constant.tensor;
  constexpr int64_t kHashedElements = 1024;  // what differs mostly differs there
  const int64_t count = std::min(kHashedElements, tensor.size());
  std::string bytes(Tensor::view(tensor.dtype(), {count}, nullptr, nullptr).bytes(), '\0');
  tensor.copy_to(0, count, bytes.data());
  const std::size_t hash = std::hash<std::string>()(bytes);
  const auto [first, last] = entries_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (it->second.constant.tensor == constant.tensor ||
        (it->second.constant.extra == constant.extra && *it->second.constant.tensor == tensor))
      return it->second;
  return entries_.emplace(hash, Shared{constant, {}, {}})->second;
}

void Sharer::hoist(Graph& main) const {
  for (const auto& [hash, shared] : entries_)
    if (shared.graphs.size() > 1 && main.find(shared.name) == ValueId::kNone)
      main.add_constant(shared.name, shared.constant);
}

bool Sharer::rewrite(Graph& graph, bool is_main) {
  if (is_main) hoist(graph);
  bool changed = false;
  for (const ValueId id : candidates(graph)) {
    const Shared& shared = entry(graph.value(id).constant);
    const bool leaves = shared.graphs.size() > 1 && !is_main;
    if (leaves) graph.mutable_value(id).constant = {};  // captured now
    changed |= leaves;
    if (graph.value(id).name == shared.name) continue;
    ValueId kept = graph.find(shared.name);
    if (kept == ValueId::kNone) kept = graph.add_value(shared.name, graph.value(id).type);
    graph.replace_uses(id, kept);
    changed = true;
  }
  return edit_bodies(graph, [this](Graph& body) { return rewrite(body, false); }) || changed;
}

}  // namespace

bool share_constants(Model& model) { return Sharer(model.graph).rewrite(model.graph, true); }

}  // namespace qtool
