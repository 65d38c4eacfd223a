#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/plan.h"
#include "quant/select/rules.h"

namespace qtool {

/// In place of a channel axis: one scale for the whole tensor.
inline constexpr int kPerTensor = -1;

/// A constant that a node reads as integers.
struct WeightUse {
  NodeId node;
  std::size_t input;
  int axis = kPerTensor;        // of its output channels
  int block_axis = kPerTensor;  // of the sum, where a matrix can have blocks
  bool activation = false;  // the operand of an operator without weights: quantized as its others
};

/// What quantization will do to one graph, bodies left out, decided from its structure alone, before
/// any range is known.
struct Selection {
  std::map<NodeId, NodePlan> nodes;
  /// Float values that become integers: what static nodes read and write.
  std::set<ValueId> activations;
  std::vector<WeightUse> weights;  // in topological order of their nodes

  bool is(NodeId id, Mode mode) const { return nodes.at(id).mode == mode; }
};

/// What is asked of every node, by name.
using Requests = std::map<std::string, NodeRequest>;

/// Gives every node of the model's graph, bodies left out, the mode that was asked for, where it can
/// have it and where that helps.
///
/// Static, in this order:
///  - Conv, Gemm, MatMul with constant weights (MatMul also without) are static.
///  - An operator without weights (Add, Concat, pooling…) is static if static nodes wrote all that it
///    reads and a node with weights reads its result, directly or through such operators. Elsewhere
///    integers would cost accuracy and gain no time. A rule that names the node, or
///    options.everything, overrides this.
///  - An operator that only moves elements is static where a static node wrote its input. Behind a
///    float node it moves floats, and what it gives has a range of its own.
///  - A Clip or Relu that alone reads what a static node writes is static: its output is quantized
///    in place of that, if that range can express it, which absorbs it, or with options.float_clip.
///  - Gemm and MatMul whose result no static node wants write float.
///  - A node with weights that has no static form (LSTM, ConvTranspose…), and one that calibration
///    did not reach, is treated as if dynamic had been asked for.
///
/// Dynamic: Gemm, MatMul, LSTM and Attention with constant weights; Conv if options.dynamic_conv. Other
/// nodes with constant weights, and look-ups in constant tables, are weight-only.
/// Throws Error for a node that would be dynamic as asked, if !options.dynamic_is_run.
Selection select(const Model& model, const Requests& requests, const QuantOptions& options);

}  // namespace qtool
