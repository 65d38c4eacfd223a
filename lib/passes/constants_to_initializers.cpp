// Before      c = Constant() {value: …}   or value_float, value_floats, value_int, value_ints,
//             value_string, value_strings
// After       const c
// Conditions  c is no graph output (runtimes differ in whether a constant may be one); the value is
//             dense

#include <optional>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

struct ToConstant {
  using Result = std::optional<Constant>;

  Result operator()(const Constant& value) const { return Constant(*value.tensor); }
  Result operator()(int64_t value) const { return Constant(Tensor::scalar(value)); }
  Result operator()(float value) const { return Constant(Tensor::scalar(value)); }
  Result operator()(const std::string& value) const { return Constant(Tensor::scalar(value)); }
  template <class T>
  Result operator()(const std::vector<T>& values) const {
    return Constant(Tensor::of({static_cast<int64_t>(values.size())}, values));
  }
  Result operator()(const std::shared_ptr<const Graph>&) const { return std::nullopt; }
  Result operator()(const OpaqueAttribute&) const { return std::nullopt; }
};

std::optional<Constant> constant_of(const Node& node) {
  if (!is_op(node, "Constant") || node.attributes.size() != 1) return std::nullopt;
  return std::visit(ToConstant(), node.attributes[0].value);
}

}  // namespace

bool constants_to_initializers(Model& model) {
  Graph& graph = model.graph;
  bool changed = false;
  for (const NodeId id : graph.nodes()) {
    const std::optional<Constant> constant = constant_of(graph.node(id));
    const ValueId output = output_of(graph.node(id), 0);
    if (!constant || output == ValueId::kNone || graph.is_output(output)) continue;
    graph.remove_node(id);
    graph.set_constant(output, *constant);
    changed = true;
  }
  return changed;
}

}  // namespace qtool
