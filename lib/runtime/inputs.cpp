#include "runtime/inputs.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "runtime/executor.h"

namespace qtool {

std::string to_string(const std::vector<Dim>& dims) {
  std::vector<std::string> texts;
  for (const Dim& dim : dims)
    texts.push_back(dim.known() ? std::to_string(dim.value) : dim.name.empty() ? "?" : dim.name);
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

bool fits(const Shape& shape, const std::vector<Dim>& dims, std::size_t first) {
  if (shape.size() != dims.size()) return false;
  for (std::size_t i = first; i < dims.size(); ++i)
    if (dims[i].known() && dims[i].value != shape[i]) return false;
  return true;
}

std::vector<ValueId> required_inputs(const Graph& graph) {
  std::vector<ValueId> ids = graph.inputs();
  std::erase_if(ids, [&](ValueId id) { return graph.constant(id) != nullptr; });
  return ids;
}

namespace {

void check_input(const Value& input, const Datum& datum) {
  const ValueType& type = input.type;
  if (type.dtype == DType::kUndefined && !type.shape) return;  // a sequence or optional
  const Tensor& tensor = datum.tensor();
  if (type.dtype != DType::kUndefined && tensor.dtype() != type.dtype)
    fail("takes {}, got {}", name(type.dtype), name(tensor.dtype()));
  if (type.shape && !fits(tensor.shape(), *type.shape))
    fail("takes shape {}, got {}", to_string(*type.shape), to_string(tensor.shape()));
}

}  // namespace

void check_feed(const Graph& graph, const DatumMap& feed) {
  std::vector<std::string> names;
  for (const ValueId id : required_inputs(graph)) {
    const Value& input = graph.value(id);
    const auto it = feed.find(input.name);
    if (it == feed.end()) fail("input '{}' is missing", input.name);
    with_context([&] { return fmt::format("input '{}'", input.name); },
                 [&] { check_input(input, it->second); });
    names.push_back(input.name);
  }
  for (const auto& [name, tensor] : feed)
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail("'{}' is no input of the model; it takes {}", name, fmt::join(names, ", "));
}

}  // namespace qtool
