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

void PlanBuilder::add_constant(TensorPlan tensor) {
  std::vector<std::size_t>& entries = entries_[tensor.value];
  for (const std::size_t index : entries) {
    TensorPlan& known = plan_.tensors[index];
    if (known.source != tensor.source || known.params != tensor.params ||
        known.correction != tensor.correction)
      continue;
    known.readers.insert(known.readers.end(), tensor.readers.begin(), tensor.readers.end());
    return;
  }
  entries.push_back(plan_.tensors.size());
  plan_.tensors.push_back(std::move(tensor));
}

}  // namespace qtool
