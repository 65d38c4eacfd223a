#include "quant/apply/emit.h"

#include <algorithm>

#include "tensor/cast.h"
#include "tensor/quantize_later.h"

namespace qtool {
namespace {

ValueType with_dtype(ValueType type, DType dtype) {
  type.dtype = dtype;
  return type;
}

}  // namespace

std::string Emitter::new_name(const std::string& base, std::string_view suffix) const {
  return graph_.unique_name(base + std::string(suffix));
}

std::string Emitter::base_of(const std::string& value, const QuantParams& params) {
  std::vector<QuantParams>& known = known_[value];
  const auto it = std::find(known.begin(), known.end(), params);
  const auto index = it - known.begin();
  if (it == known.end()) known.push_back(params);
  return index == 0 ? value : fmt::format("{}_{}", value, index);
}

Emitter::Params Emitter::params(const std::string& base, const QuantParams& params,
                                ValueId integers) {
  const auto it = params_.find(base);
  if (it != params_.end()) return it->second;
  const Shape shape = static_shape(graph_.value(integers).type).value_or(Shape());
  const Tensor scale = cast(scale_tensor(params, shape), real_type(integers));
  const Tensor zero_point = zero_point_tensor(params, shape);
  const Params result{graph_.add_constant(new_name(base, "_scale"), Constant(scale)),
                      graph_.add_constant(new_name(base, "_zero_point"), Constant(zero_point))};
  return params_.emplace(base, result).first->second;
}

DType Emitter::real_type(ValueId integers) const {
  const auto it = reals_.find(integers);
  return it == reals_.end() ? DType::kFloat32 : it->second;
}

// QuantizeLinear or DequantizeLinear of `input`; `integers` is what it reads or writes.
Node Emitter::node(std::string op_type, ValueId input, const std::string& base,
                   const QuantParams& params, ValueId integers, ValueId output) {
  const auto [scale, zero_point] = this->params(base, params, integers);
  const ValueId named = op_type == "QuantizeLinear" ? input : output;
  Node node{.op_type = op_type,
            .name = graph_.value(named).name + "_" + op_type,
            .inputs = {input, scale, zero_point},
            .outputs = {output}};
  if (!params.per_tensor()) set_attribute(node, "axis", int64_t{params.axis});
  if (params.block > 0) set_attribute(node, "block_size", params.block);
  return node;
}

ValueId Emitter::quantize(ValueId value, const std::string& base, const QuantParams& params) {
  const ValueType type = graph_.value(value).type;
  const ValueId integers = graph_.add_value(new_name(graph_.value(value).name, "_quantized"),
                                            with_dtype(type, params.dtype));
  reals_[integers] = type.dtype == DType::kUndefined ? DType::kFloat32 : type.dtype;
  graph_.add_node(node("QuantizeLinear", value, base, params, integers, integers));
  return integers;
}

ValueId Emitter::quantize_constant(ValueId value, const std::string& base,
                                   const QuantParams& params) {
  const auto it = constants_.find(base);
  if (it != constants_.end()) return it->second;
  const Tensor& reals = *graph_.constant(value);
  const Tensor integers = quantize_later(cast(reals, DType::kFloat32), params);
  const ValueId output = graph_.add_constant(new_name(base, "_quantized"), Constant(integers));
  reals_[output] = reals.dtype();
  return constants_.emplace(base, output).first->second;
}

ValueId Emitter::dequantize(ValueId integers, const std::string& base, const QuantParams& params,
                            ValueId output) {
  if (output == ValueId::kNone)
    output = graph_.add_value(new_name(base, "_dequantized"),
                              with_dtype(graph_.value(integers).type, real_type(integers)));
  graph_.add_node(node("DequantizeLinear", integers, base, params, integers, output));
  return output;
}

}  // namespace qtool
