#include "onnx_io/formal_types.h"

#include <onnx/defs/schema.h>

#include <algorithm>

namespace qtool {
namespace {

using Parameters = std::vector<onnx::OpSchema::FormalParameter>;

FormalType formal_type(const onnx::OpSchema::FormalParameter& parameter) {
  FormalType result{.parameter = parameter.GetTypeStr(), .tensors = {}};
  for (const auto& type : parameter.GetTypes()) {
    const onnx::TypeProto& proto = onnx::Utils::DataTypeUtils::ToTypeProto(type);
    if (proto.has_tensor_type())
      result.tensors.insert(static_cast<DType>(proto.tensor_type().elem_type()));
  }
  return result;
}

// One for each of `count` inputs or outputs; the last parameter may stand for several.
std::optional<std::vector<FormalType>> formal_types(const Parameters& parameters,
                                                    std::size_t count) {
  std::vector<FormalType> result;
  for (std::size_t i = 0; i < count; ++i) {
    if (parameters.empty()) return std::nullopt;
    const auto& parameter = parameters[std::min(i, parameters.size() - 1)];
    if (i >= parameters.size() && parameter.GetOption() != onnx::OpSchema::Variadic)
      return std::nullopt;
    result.push_back(formal_type(parameter));
    if (!parameter.GetIsHomogeneous()) result.back().parameter += std::to_string(i);
  }
  return result;
}

}  // namespace

std::optional<FormalTypes> formal_types(const Node& node, int64_t opset) {
  const std::string domain = node.domain == "ai.onnx" ? "" : node.domain;
  const onnx::OpSchema* schema =
      onnx::OpSchemaRegistry::Schema(node.op_type, static_cast<int>(opset), domain);
  if (schema == nullptr || schema->deprecated()) return std::nullopt;
  auto inputs = formal_types(schema->inputs(), node.inputs.size());
  auto outputs = formal_types(schema->outputs(), node.outputs.size());
  if (!inputs || !outputs) return std::nullopt;
  return FormalTypes{std::move(*inputs), std::move(*outputs)};
}

}  // namespace qtool
