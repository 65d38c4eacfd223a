#include <algorithm>

#include "ir/graph.h"

namespace qtool {
namespace {

template <class Attributes>
auto find_in(Attributes& attributes, std::string_view name) {
  return std::find_if(attributes.begin(), attributes.end(),
                      [&](const Attribute& attribute) { return attribute.name == name; });
}

}  // namespace

std::string full_op_type(const Node& node) {
  return node.domain.empty() ? node.op_type : node.domain + "." + node.op_type;
}

const Attribute* find_attribute(const Node& node, std::string_view name) {
  const auto it = find_in(node.attributes, name);
  return it == node.attributes.end() ? nullptr : &*it;
}

void set_attribute(Node& node, std::string_view name, AttributeValue value) {
  const auto it = find_in(node.attributes, name);
  if (it == node.attributes.end())
    node.attributes.push_back({std::string(name), std::move(value), {}});
  else
    it->value = std::move(value);
}

void remove_attribute(Node& node, std::string_view name) {
  std::erase_if(node.attributes, [&](const Attribute& a) { return a.name == name; });
}

std::string describe(const Graph& graph, const Node& node) {
  if (!node.name.empty()) return fmt::format("node '{}' ({})", node.name, full_op_type(node));
  for (const ValueId output : node.outputs)
    if (output != ValueId::kNone)
      return fmt::format("the {} node that writes '{}'", full_op_type(node),
                         graph.value(output).name);
  return fmt::format("a {} node", full_op_type(node));
}

std::optional<Shape> static_shape(const ValueType& type) {
  if (!type.shape) return std::nullopt;
  Shape shape;
  for (const Dim& dim : *type.shape) {
    if (!dim.known()) return std::nullopt;
    shape.push_back(dim.value);
  }
  return shape;
}

ValueType tensor_type(DType dtype, const Shape& shape) {
  ValueType type{dtype, std::vector<Dim>{}};
  for (const int64_t dim : shape) type.shape->push_back({dim, {}});
  return type;
}

namespace {

bool same_domain(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view domain) { return domain == "ai.onnx" ? "" : domain; };
  return plain(a) == plain(b);
}

}  // namespace

int64_t opset_version(const Model& model, std::string_view domain) {
  for (const Opset& opset : model.opsets)
    if (same_domain(opset.domain, domain)) return opset.version;
  return 0;
}

void require_opset(Model& model, std::string_view domain, int64_t version) {
  for (Opset& opset : model.opsets)
    if (same_domain(opset.domain, domain)) {
      opset.version = std::max(opset.version, version);
      return;
    }
  model.opsets.push_back({std::string(domain), version});
}

}  // namespace qtool
