// Before      a body (If, Loop, Scan) that reads a constant of the graph around it
// After       the body has the constant as its own, and knows the types of all else that it captures,
//             so that it is rewritten and quantized like any graph
// Conditions  none; the elements are shared. Its name is then that of the outer one: name_values
//             gives it another

#include "ir/bodies.h"
#include "passes/passes.h"

namespace qtool {
namespace {

bool copy_into(const Graph& outer, Graph& body) {
  bool changed = false;
  for (const std::string& name : body.free_names()) {
    const ValueId from = outer.find(name);
    if (from == ValueId::kNone) continue;
    ValueId to = body.find(name);
    if (to == ValueId::kNone) to = body.add_value(name);
    const Value& value = outer.value(from);
    if (body.value(to).type == value.type && !value.constant) continue;
    body.mutable_value(to).type = value.type;
    if (value.constant) body.set_constant(to, value.constant);
    changed = true;
  }
  edit_bodies(body, [&](Graph& inner) { return copy_into(body, inner) && (changed = true); });
  return changed;
}

}  // namespace

bool copy_captured_constants(Model& model) {
  return edit_bodies(model.graph, [&](Graph& body) { return copy_into(model.graph, body); });
}

}  // namespace qtool
