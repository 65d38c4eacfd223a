#pragma once

#include <string>
#include <vector>

#include "kernels/reference/trees.h"
#include "ops/op.h"

namespace qtool {

/// Decision trees as a node's attributes describe them.
struct TreeEnsemble {
  std::vector<reference::TreeNode> nodes;
  std::vector<std::size_t> roots;  // one per tree
  std::size_t features = 0;        // at least so many must a row have

  std::vector<double> scores(const double* row, std::size_t targets,
                             reference::Aggregate aggregate) const {
    return reference::tree_scores(nodes, roots, targets, aggregate, row);
  }
};

/// The attributes of TreeEnsembleRegressor and TreeEnsembleClassifier: nodes named by tree and number,
/// leaves' weights in lists whose names begin with `kind`, "target" or "class". Throws Error for
/// nodes that do not exist or targets out of range.
TreeEnsemble read_named_trees(const BindContext& context, const std::string& kind,
                              std::size_t targets);
/// The attributes of TreeEnsemble, nodes and leaves by their places in lists. Throws likewise.
TreeEnsemble read_trees(const BindContext& context, std::size_t targets);

}  // namespace qtool
