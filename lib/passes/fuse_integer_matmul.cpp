// Before      s = MatMulInteger(a, b, za, zb);  f = Cast(s) {to=float}
//             y = Mul(f, Mul(sa, sb))                        either way round
//             z = Add(y, bias)                               or not
// After       z = com.microsoft.MatMulIntegerToFloat(a, b, sa, sb, za, zb, bias)
// Conditions  sa is the scale of a DynamicQuantizeLinear, sb a constant of one number or a row of as many
//             as y has columns, bias a constant row; s, f and y have no other reader and are neither graph
//             outputs nor captured.
// Formula     y = float(Σ (a − za) · (b − zb)) · (sa · sb) + bias, in this order, as before.
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

class Fuser {
 public:
  explicit Fuser(Graph& graph) : graph_(graph), pinned_(pinned_values(graph)) {}

  bool fuse(NodeId id) {
    const Node cast = graph_.node(id);
    if (!is_op(cast, "Cast") ||
        attribute_or<int64_t>(cast, "to", 0) != static_cast<int64_t>(DType::kFloat32))
      return false;
    const NodeId product = only_writer(graph_, pinned_, cast.inputs[0]);
    const NodeId scaling = only_reader(cast.outputs[0], "Mul");
    if (product == NodeId::kNone || !is_op(graph_.node(product), "MatMulInteger") ||
        scaling == NodeId::kNone)
      return false;
    const Node integer = graph_.node(product);
    const auto scales =
        scales_of(other_input(graph_.node(scaling), cast.outputs[0]), integer.inputs[1]);
    if (!scales) return false;
    Node fused{.domain = "com.microsoft", .op_type = "MatMulIntegerToFloat", .name = integer.name};
    fused.inputs = {integer.inputs[0], integer.inputs[1],    scales->a,
                    scales->b,         input_of(integer, 2), input_of(integer, 3)};
    fused.outputs = graph_.node(scaling).outputs;
    const NodeId addition = only_reader(fused.outputs[0], "Add");
    const ValueId bias = addition == NodeId::kNone
                             ? ValueId::kNone
                             : other_input(graph_.node(addition), fused.outputs[0]);
    if (bias != ValueId::kNone && is_row_for(graph_, bias, integer.inputs[1])) {
      fused.inputs.push_back(bias);
      fused.outputs = graph_.node(addition).outputs;
      graph_.remove_node(addition);
    }
    for (const NodeId gone : {scaling, id, product}) graph_.remove_node(gone);
    graph_.add_node(std::move(fused));
    return true;
  }

 private:
  struct Scales {
    ValueId a, b;
  };

  NodeId only_reader(ValueId value, std::string_view op_type) const {
    if (only_writer(graph_, pinned_, value) == NodeId::kNone) return NodeId::kNone;
    const NodeId reader = graph_.value(value).consumers[0];
    return is_op(graph_.node(reader), op_type) ? reader : NodeId::kNone;
  }

  static ValueId other_input(const Node& node, ValueId one) {
    return node.inputs[node.inputs[0] == one ? 1 : 0];
  }

  // The factors of sa · sb, that of the product with b.
  std::optional<Scales> scales_of(ValueId product, ValueId b) const {
    const NodeId id = graph_.value(product).producer;
    if (id == NodeId::kNone || !is_op(graph_.node(id), "Mul")) return std::nullopt;
    const std::vector<ValueId>& factors = graph_.node(id).inputs;
    for (const std::size_t first : {0, 1}) {
      const NodeId quantize = graph_.value(factors[first]).producer;
      const Tensor* scale = graph_.constant(factors[1 - first]);
      if (quantize != NodeId::kNone && is_op(graph_.node(quantize), "DynamicQuantizeLinear") &&
          graph_.node(quantize).outputs[1] == factors[first] && scale != nullptr &&
          ((scale->rank() < 2 && scale->size() == 1) || is_row_for(graph_, factors[1 - first], b)))
        return Scales{factors[first], factors[1 - first]};
    }
    return std::nullopt;
  }

  Graph& graph_;
  std::set<ValueId> pinned_;
};

}  // namespace

bool fuse_integer_matmul(Model& model) {
  Fuser fuser(model.graph);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id)) changed |= fuser.fuse(id);
  if (changed) require_opset(model, "com.microsoft", 1);
  return changed;
}

}  // namespace qtool
