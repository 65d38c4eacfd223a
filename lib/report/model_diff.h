#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// A thing that two models do not have alike: an opset, an input or output, a node, a constant.
struct Difference {
  std::string kind;           // "opset", "input", "output", "node", "constant"
  std::string name;           // of a node without a name, its first output's
  std::string first, second;  // what it is in each model; empty: not there
};

/// What differs, matched by name: opsets by version, inputs and outputs by type, nodes of the main graph by
/// operator, inputs and attributes, its constants by type and elements. In the order of the kinds above, then of
/// names.
std::vector<Difference> model_diff(const Model& first, const Model& second);

/// The differences for people, of each kind at most `most` (0: all), and how many there are.
std::string diff_text(const std::vector<Difference>& differences, std::size_t most);
/// A list of {"kind", "name", "first", "second"}; what a model lacks is null.
std::string diff_json(const std::vector<Difference>& differences);

}  // namespace qtool
