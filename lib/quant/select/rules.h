#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/options.h"

namespace qtool {

/// What is asked of one node, all rules considered.
struct NodeRequest {
  Mode mode = Mode::kFloat;
  WeightScheme weight;
  bool symmetric_asked = false;    // a rule says whether the weight is symmetric
  bool per_channel_asked = false;  // a rule says whether it has a scale for each channel
  std::string origin;    // of the rule that set the mode; empty: the options for all nodes
  bool measured = true;  // false: in a body that no calibration sample ran, so there are no ranges
};

/// What the options and their rules ask of every node of the graph and of the bodies in it, by name.
/// Throws Error for a pattern that fits no node, with the names nearest to it, and for one that
/// cannot be read.
std::map<std::string, NodeRequest> resolve_rules(const Graph& graph, const QuantOptions& options);

/// What is asked of one activation: the options with the tensor rules that fit its name, of which
/// later ones win. Throws Error for a zero point that the type does not have.
TensorRule resolve_tensor_rule(const std::string& value, const QuantOptions& options);

/// How the range of a group of activations that share parameters is chosen: `all` says so for every
/// value, rules that fit any of them for these; for the integers that they become.
RangeChoice range_choice(const std::vector<std::string>& values, const RangeChoice& all,
                         const QuantOptions& options);

/// Throws Error for a tensor rule that fits no value of the graph and of the bodies in it, or
/// constants only.
void check_tensor_rules(const Graph& graph, const QuantOptions& options);

}  // namespace qtool
