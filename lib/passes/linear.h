#pragma once

#include <optional>
#include <set>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// What a node does to every channel c of a value: y[c] = scale[c] · x[c] + shift[c].
struct ChannelAffine {
  std::vector<double> scale;  // empty: 1
  std::vector<double> shift;  // empty: 0
};

/// Conv, ConvTranspose, Gemm or MatMul whose weight, input 1, and bias are float32 constants.
struct LinearNode {
  /// Axes of the row-major weight when seen as [groups, rows, per_group, inner]; output channel
  /// g · per_group + j owns the elements [g, :, j, :].
  struct WeightLayout {
    int64_t groups = 1;
    int64_t rows = 1;
    int64_t per_group = 1;
    int64_t inner = 1;
  };

  NodeId id = NodeId::kNone;
  WeightLayout layout;
  std::optional<std::size_t> rank;          // of the output; absent: not known
  std::size_t axes_behind_channels = 0;     // of the output: 2 for [N, C, H, W]
  std::optional<std::vector<double>> bias;  // per channel, Gemm's times beta; absent: none

  int64_t channels() const { return layout.groups * layout.per_group; }
};

/// The linear node that writes `value`, if `value` has one reader and is not in `pinned`.
std::optional<LinearNode> linear_before(const Graph& graph, const std::set<ValueId>& pinned,
                                        ValueId value);

/// Folds `reader`, which applies `affine` to the output of `linear`, into its weight and bias:
/// W'[c] = scale[c] · W[c],  b'[c] = scale[c] · b[c] + shift[c], computed in double. The linear
/// node then writes the reader's output. Constants that others read or that `pinned` holds stay. A
/// MatMul that needs a bias becomes a Gemm. Returns false, and changes nothing, if the factors are
/// not finite or a MatMul that needs a bias is not known to be of rank 2.
bool fold_into_linear(Graph& graph, const std::set<ValueId>& pinned, const LinearNode& linear,
                      NodeId reader, const ChannelAffine& affine);

}  // namespace qtool
