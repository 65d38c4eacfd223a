#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"

// Ensembles of decision trees, as ai.onnx.ml has them.
namespace qtool::reference {

/// How an inner node compares a feature with its split; in ONNX's order.
enum class Branch : uint8_t { kLeq, kLt, kGte, kGt, kEq, kNeq, kMember, kLeaf };

/// What a leaf adds to a target.
struct LeafWeight {
  std::size_t target;
  double weight;
};

struct TreeNode {
  Branch branch = Branch::kLeaf;
  std::size_t feature = 0;
  double split = 0;
  std::size_t yes = 0;              // node if the comparison holds
  std::size_t no = 0;               // node if it does not
  bool nan_is_yes = false;          // where features lead that are not known
  std::vector<double> members;      // of kMember
  std::vector<LeafWeight> weights;  // of kLeaf
};

/// Whether x takes the branch of `yes`.
inline bool takes_yes(const TreeNode& node, double x) {
  if (x != x) return node.nan_is_yes;
  switch (node.branch) {
    case Branch::kLeq:
      return x <= node.split;
    case Branch::kLt:
      return x < node.split;
    case Branch::kGte:
      return x >= node.split;
    case Branch::kGt:
      return x > node.split;
    case Branch::kEq:
      return x == node.split;
    case Branch::kNeq:
      return x != node.split;
    default:
      return std::find(node.members.begin(), node.members.end(), x) != node.members.end();
  }
}

/// The leaf that `features` lead to from `root`. All nodes and features exist. Throws Error if the
/// nodes go round in circles.
inline const TreeNode& find_leaf(const std::vector<TreeNode>& nodes, std::size_t root,
                                 const double* features) {
  const TreeNode* node = &nodes[root];
  for (std::size_t steps = 0; node->branch != Branch::kLeaf; ++steps) {
    if (steps > nodes.size()) fail("the nodes of a tree form a cycle");
    node = &nodes[takes_yes(*node, features[node->feature]) ? node->yes : node->no];
  }
  return *node;
}

/// How the weights of several trees become one score; in ONNX's order.
enum class Aggregate : uint8_t { kAverage, kSum, kMin, kMax };

/// Scores per target; those that no leaf adds to are 0.
inline std::vector<double> tree_scores(const std::vector<TreeNode>& nodes,
                                       const std::vector<std::size_t>& roots, std::size_t targets,
                                       Aggregate aggregate, const double* features) {
  std::vector<std::optional<double>> scores(targets);
  for (const std::size_t root : roots)
    for (const auto& [target, weight] : find_leaf(nodes, root, features).weights) {
      std::optional<double>& score = scores[target];
      if (aggregate == Aggregate::kMin)
        score = std::min(score.value_or(weight), weight);
      else if (aggregate == Aggregate::kMax)
        score = std::max(score.value_or(weight), weight);
      else
        score = score.value_or(0) + weight;
    }
  const double divisor = aggregate == Aggregate::kAverage ? static_cast<double>(roots.size()) : 1;
  std::vector<double> result;
  for (const auto& score : scores) result.push_back(score.value_or(0) / divisor);
  return result;
}

}  // namespace qtool::reference
