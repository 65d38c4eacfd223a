#include "quant/plan_builder.h"

namespace qtool {

const QuantParams* PlanBuilder::activation(const std::string& value) const {
  const auto it = entries_.find(value);
  if (it == entries_.end()) return nullptr;
  const TensorPlan& first = plan_.tensors[it->second[0]];
  return first.readers.empty() ? &first.params : nullptr;
}

void PlanBuilder::add_activation(TensorPlan tensor) {
  entries_[tensor.value].push_back(plan_.tensors.size());
  plan_.tensors.push_back(std::move(tensor));
}

void PlanBuilder::add_constant(const std::string& value, const Node& reader, QuantParams params,
                               Source source) {
  std::vector<std::size_t>& entries = entries_[value];
  for (const std::size_t index : entries) {
    TensorPlan& tensor = plan_.tensors[index];
    if (tensor.source != source || tensor.params != params) continue;
    tensor.readers.push_back(reader.name);
    return;
  }
  entries.push_back(plan_.tensors.size());
  plan_.tensors.push_back(
      {.value = value, .params = std::move(params), .source = source, .readers = {reader.name}});
}

}  // namespace qtool
