// Before      s = MatMulInteger(a, b, za, zb);  f = Cast(s) {to=float}
//             y = Mul(f, Mul(sa, sb))                        either way round
//             z = Add(y, bias)                               or not
//             and ConvInteger likewise, without a bias
// After       z = com.microsoft.MatMulIntegerToFloat(a, b, sa, sb, za, zb, bias)
//             y = qtool.internal.ConvIntegerToFloat(a, b, sa, sb, za, zb)
// Conditions  sa is the scale of a DynamicQuantizeLinear, sb a constant of one number or a row of as many
//             as y has columns, of a convolution one for each channel, bias a constant row; s, f and y have
//             no other reader and are neither graph outputs nor captured.
// Formula     y = float(Σ (a − za) · (b − zb)) · (sa · sb) + bias, in this order, as before.
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

class Fuser {
 public:
  explicit Fuser(Model& model)
      : model_(model), graph_(model.graph), pinned_(pinned_values(model.graph)) {}

  bool fuse(NodeId id) {
    const Node cast = graph_.node(id);
    if (!is_op(cast, "Cast") ||
        attribute_or<int64_t>(cast, "to", 0) != static_cast<int64_t>(DType::kFloat32))
      return false;
    const NodeId product = only_writer(graph_, pinned_, cast.inputs[0]);
    const NodeId scaling = only_reader(cast.outputs[0], "Mul");
    if (product == NodeId::kNone || scaling == NodeId::kNone) return false;
    const Node integer = graph_.node(product);
    const bool is_conv = is_op(integer, "ConvInteger");
    if (!is_conv && !is_op(integer, "MatMulInteger")) return false;
    const auto scales =
        scales_of(other_input(graph_.node(scaling), cast.outputs[0]), integer.inputs[1], is_conv);
    if (!scales) return false;
    Node fused{.domain = std::string(is_conv ? kInternalDomain : "com.microsoft"),
               .op_type = is_conv ? "ConvIntegerToFloat" : "MatMulIntegerToFloat",
               .name = integer.name,
               .attributes = integer.attributes};
    fused.inputs = {integer.inputs[0], integer.inputs[1],    scales->a,
                    scales->b,         input_of(integer, 2), input_of(integer, 3)};
    fused.outputs = graph_.node(scaling).outputs;
    if (is_conv) {
      fused.inputs[3] = flat(scales->b);
    } else {
      take_bias(fused);
      require_opset(model_, "com.microsoft", 1);
    }
    for (const NodeId gone : {scaling, id, product}) graph_.remove_node(gone);
    graph_.add_node(std::move(fused));
    return true;
  }

 private:
  struct Scales {
    ValueId a, b;
  };

  // Lets a product of matrices add the row that is added to it.
  void take_bias(Node& fused) {
    const NodeId addition = only_reader(fused.outputs[0], "Add");
    if (addition == NodeId::kNone) return;
    const ValueId bias = other_input(graph_.node(addition), fused.outputs[0]);
    if (!is_row_for(graph_, bias, fused.inputs[1])) return;
    fused.inputs.push_back(bias);
    fused.outputs = graph_.node(addition).outputs;
    graph_.remove_node(addition);
  }

  NodeId only_reader(ValueId value, std::string_view op_type) const {
    if (only_writer(graph_, pinned_, value) == NodeId::kNone) return NodeId::kNone;
    const NodeId reader = graph_.value(value).consumers[0];
    return is_op(graph_.node(reader), op_type) ? reader : NodeId::kNone;
  }

  static ValueId other_input(const Node& node, ValueId one) {
    return node.inputs[node.inputs[0] == one ? 1 : 0];
  }

  // Whether a constant is broadcast to a factor for each channel of the weight, or one for all.
  bool is_for_channels(ValueId constant, ValueId weight) const {
    const Tensor& scale = *graph_.constant(constant);
    const auto& shape = graph_.value(weight).type.shape;
    if (scale.dtype() != DType::kFloat32 || !shape || scale.rank() > shape->size()) return false;
    if (scale.size() == 1) return true;
    const std::size_t spatial = shape->size() - 2;
    return scale.rank() > spatial && scale.dim(scale.rank() - spatial - 1) == scale.size() &&
           (*shape)[0].value == scale.size();
  }

  // Whether it is a row of factors for the columns of b, or one for all.
  bool is_for_columns(ValueId constant, ValueId b) const {
    const Tensor& scale = *graph_.constant(constant);
    return (scale.rank() < 2 && scale.size() == 1) || is_row_for(graph_, constant, b);
  }

  // A constant with one axis.
  ValueId flat(ValueId constant) {
    const Tensor tensor = *graph_.constant(constant);
    if (tensor.rank() < 2) return constant;
    return graph_.add_constant(graph_.unique_name(graph_.value(constant).name + "_flat"),
                               Constant(tensor.reshaped({tensor.size()})));
  }

  // The factors of sa · sb, that of the product with b.
  std::optional<Scales> scales_of(ValueId product, ValueId b, bool is_conv) const {
    const NodeId id = graph_.value(product).producer;
    if (id == NodeId::kNone || !is_op(graph_.node(id), "Mul")) return std::nullopt;
    const std::vector<ValueId>& factors = graph_.node(id).inputs;
    for (const std::size_t first : {0, 1}) {
      const NodeId quantize = graph_.value(factors[first]).producer;
      const Tensor* scale = graph_.constant(factors[1 - first]);
      if (quantize != NodeId::kNone && is_op(graph_.node(quantize), "DynamicQuantizeLinear") &&
          graph_.node(quantize).outputs[1] == factors[first] && scale != nullptr &&
          (is_conv ? is_for_channels(factors[1 - first], b)
                   : is_for_columns(factors[1 - first], b)))
        return Scales{factors[first], factors[1 - first]};
    }
    return std::nullopt;
  }

  Model& model_;
  Graph& graph_;
  std::set<ValueId> pinned_;
};

}  // namespace

bool fuse_integer_matmul(Model& model) {
  Fuser fuser(model);
  bool changed = false;
  for (const NodeId id : model.graph.nodes())
    if (model.graph.contains(id)) changed |= fuser.fuse(id);
  return changed;
}

}  // namespace qtool
