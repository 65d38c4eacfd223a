#include "ops/op.h"

#include <algorithm>

#include "kernels/onednn/isa.h"
#include "ops/channels_last.h"
#include "ops/half_as_float.h"

namespace qtool {
namespace {

Kernel bind(const OpSpec& spec, const Binding& binding, const BindContext& context) {
  const auto bind_floats = [&](const BindContext& wide) {
    return binding.provider == Provider::kReference
               ? bind_channels_first(binding.bind, wide, spec.images)
               : binding.bind(wide);
  };
  return spec.halves_as_float ? bind_half_as_float(bind_floats, context) : bind_floats(context);
}

}  // namespace

BindContext bind_context(const Model& model, const Node& node) {
  BindContext context{.node = node, .opset = opset_version(model, node.domain)};
  const auto type_of = [&](ValueId id) {
    return id == ValueId::kNone ? ValueType{} : model.graph.value(id).type;
  };
  for (const ValueId input : node.inputs) {
    context.constants.push_back(model.graph.constant(input));
    context.input_types.push_back(type_of(input));
  }
  for (const ValueId output : node.outputs) context.output_types.push_back(type_of(output));
  return context;
}

std::string_view name(Provider provider) {
  switch (provider) {
    case Provider::kSimd:
      return "simd";
    case Provider::kOneDnn:
      return "onednn";
    case Provider::kReference:
      return "reference";
  }
  QTOOL_ASSERT(false);
}

const QuantTraits& quant_traits(const Node& node) {
  static const QuantTraits kFloatIsland;
  const OpSpec* spec = find_op(node);
  return spec == nullptr ? kFloatIsland : spec->quant;
}

Role input_role(const QuantTraits& traits, std::size_t index) {
  if (traits.inputs.empty()) return Role::kPlain;
  return traits.inputs[std::min(index, traits.inputs.size() - 1)];
}

bool shares_params(const Node& node) {
  if (!quant_traits(node).same_params) return false;
  if (node.outputs.size() > 1 && node.op_type != "Split") return false;
  const auto mode = attribute_or<std::string>(node, "mode", "");
  if (node.op_type == "Resize") return mode.empty() || mode == "nearest";
  if (node.op_type == "Pad") return !mode.empty() && mode != "constant";
  return true;
}

BoundKernel bind_kernel(const BindContext& context, Provider first) {
  const OpSpec* spec = find_op(context.node);
  if (spec == nullptr) return {};
  for (const Binding& binding : spec->bindings) {
    if (binding.provider < first) continue;
    if (binding.provider == Provider::kOneDnn && !onednn::is_there()) continue;
    if (Kernel run = bind(*spec, binding, context)) return {binding.provider, std::move(run)};
  }
  return {};
}

}  // namespace qtool
