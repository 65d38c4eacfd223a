#pragma once

#include <map>
#include <set>
#include <string>

#include "ir/graph.h"
#include "quant/plan.h"

namespace qtool {

/// In place of a channel axis: one scale for the whole tensor.
inline constexpr int kPerTensor = -1;

/// What static quantization will do to a graph, decided from its structure alone, before any range
/// is known.
struct Selection {
  std::map<NodeId, NodePlan> nodes;
  /// Float values that become integers: what static nodes read and write.
  std::set<ValueId> activations;
  /// Constants that become integers, each with the axis of its output channels.
  std::map<ValueId, int> weights;
  /// Clip and Relu nodes that the quantized range of their input's producer expresses.
  std::set<NodeId> absorbed;
};

/// Rules, in this order:
///  - Conv, Gemm, MatMul with constant weights (MatMul also without) are static.
///  - An operator without weights (Add, Concat, pooling…) is static if it reads what a static node
///    wrote and a node with weights reads its result, directly or through such operators. Elsewhere
///    integers would cost accuracy and gain no time.
///  - An operator that only moves elements is static where its input is quantized or its output is
///    wanted.
///  - Gemm and MatMul whose result no static node wants write float.
Selection select_static(const Graph& graph, const QuantOptions& options);

/// Modes of dynamic quantization: MatMul and Gemm with constant weights are dynamic, Conv is
/// weight-only or (options.dynamic_conv) dynamic, the rest float.
Selection select_dynamic(const Graph& graph, const QuantOptions& options);

}  // namespace qtool
