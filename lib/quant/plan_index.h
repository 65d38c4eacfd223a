#pragma once

#include <map>
#include <string>
#include <vector>

#include "quant/plan.h"

namespace qtool {

/// The entries of a plan by name. The plan must outlive it.
class PlanIndex {
 public:
  explicit PlanIndex(const QuantPlan& plan);

  /// Throws Error if the plan names what the graph and its bodies do not have.
  void check(const Graph& graph) const;

  /// The node's entry, or null.
  const NodePlan* node(const Node& node) const;
  /// The node's mode; float if the plan does not speak of it.
  Mode mode(const Node& node) const;
  bool is_absorbed(const Node& node) const;

  /// How a value that is computed becomes integers, or null.
  const TensorPlan* activation(const std::string& value) const;
  /// The factors of a value that dynamic nodes read, or null.
  const TensorPlan* dynamic(const std::string& value) const;
  /// How the node reads a constant; null: as floats.
  const TensorPlan* weight(const std::string& value, const Node& reader) const;

  /// How the node reads its input `index` as integers, or null. What is computed is read so by
  /// static nodes, and by all nodes if a static node writes it.
  const TensorPlan* input(const Graph& graph, const Node& node, std::size_t index) const;
  /// How the node's input, a constant bias, becomes int32 at the scales of the inputs before it, or
  /// null: it does not.
  const TensorPlan* derived_bias(const Graph& graph, const Node& node, std::size_t index) const;

 private:
  const TensorPlan* computed(const std::string& value, bool dynamic) const;
  const TensorPlan* constant(const std::string& value, const Node& reader, bool derived) const;

  std::map<std::string, const NodePlan*> nodes_;
  std::map<std::string, std::vector<const TensorPlan*>> tensors_;
};

}  // namespace qtool
