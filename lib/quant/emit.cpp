#include "quant/emit.h"

#include <algorithm>

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

Emitter::Params Emitter::params(const std::string& base, const QuantParams& params) {
  const auto it = params_.find(base);
  if (it != params_.end()) return it->second;
  const Params result{
      graph_.add_constant(new_name(base, "_scale"), Constant(scale_tensor(params))),
      graph_.add_constant(new_name(base, "_zero_point"), Constant(zero_point_tensor(params)))};
  return params_.emplace(base, result).first->second;
}

ValueId Emitter::quantize(ValueId value, const std::string& base, const QuantParams& params) {
  const std::string name = graph_.value(value).name;
  const auto [scale, zero_point] = this->params(base, params);
  const ValueId output = graph_.add_value(new_name(name, "_quantized"),
                                          with_dtype(graph_.value(value).type, params.dtype));
  Node node{.op_type = "QuantizeLinear",
            .name = name + "_QuantizeLinear",
            .inputs = {value, scale, zero_point},
            .outputs = {output}};
  if (!params.per_tensor()) set_attribute(node, "axis", int64_t{params.axis});
  graph_.add_node(std::move(node));
  return output;
}

ValueId Emitter::quantize_constant(ValueId value, const std::string& base,
                                   const QuantParams& params) {
  const auto it = constants_.find(base);
  if (it != constants_.end()) return it->second;
  const Tensor integers = qtool::quantize(*graph_.constant(value), params);
  const ValueId output = graph_.add_constant(new_name(base, "_quantized"), Constant(integers));
  return constants_.emplace(base, output).first->second;
}

ValueId Emitter::dequantize(ValueId integers, const std::string& base, const QuantParams& params,
                            ValueId output) {
  const auto [scale, zero_point] = this->params(base, params);
  if (output == ValueId::kNone)
    output = graph_.add_value(new_name(base, "_dequantized"),
                              with_dtype(graph_.value(integers).type, DType::kFloat32));
  Node node{.op_type = "DequantizeLinear",
            .name = graph_.value(output).name + "_DequantizeLinear",
            .inputs = {integers, scale, zero_point},
            .outputs = {output}};
  if (!params.per_tensor()) set_attribute(node, "axis", int64_t{params.axis});
  graph_.add_node(std::move(node));
  return output;
}

}  // namespace qtool
