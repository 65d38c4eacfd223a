#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/plan.h"

namespace qtool {

/// A plan in the making. Its tensors are found by name, so that a body takes over what was decided
/// for values that it captures, and readers share constants.
class PlanBuilder {
 public:
  /// Parameters of a value that is computed, or null. Valid until the next change.
  const QuantParams* activation(const std::string& value) const;

  void add_activation(TensorPlan tensor);
  /// Adds an entry for the readers that it names; if there is one that is the same, these join its own,
  /// and so share the integers.
  void add_constant(TensorPlan tensor);
  void add_node(NodePlan node) { plan_.nodes.push_back(std::move(node)); }

  QuantPlan take() { return std::move(plan_); }

 private:
  QuantPlan plan_;
  std::map<std::string, std::vector<std::size_t>> entries_;  // places in plan_.tensors
};

}  // namespace qtool
