#include "ops/body.h"

namespace qtool {

const Graph& body_of(const BindContext& context, std::string_view name) {
  const auto* body = find_attribute<std::shared_ptr<const Graph>>(context.node, name);
  if (body == nullptr) fail("attribute '{}' is missing", name);
  return **body;
}

Tensor empty_stack(const Graph& body, std::size_t output, int64_t axis) {
  const ValueType& type = body.value(body.outputs()[output]).type;
  if (type.dtype == DType::kUndefined) fail("no iteration tells the type of output {}", output);
  Shape shape;
  if (type.shape)
    for (const Dim& dim : *type.shape) shape.push_back(dim.known() ? dim.value : 0);
  shape.insert(shape.begin() + normalize_axis(axis, shape.size() + 1), 0);
  return Tensor(type.dtype, shape);
}

}  // namespace qtool
