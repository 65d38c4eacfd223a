#pragma once

#include <string>

#include "ir/graph.h"
#include "quant/options.h"

namespace qtool {

/// Why a node cannot become MatMulNBits with weights of that type and block size, as a reason for
/// the plan; empty if it can: MatMul, or Gemm without transA, alpha and beta, with a constant second
/// input [K, N] (or [N, K] with transB) of type float32, float16 or bfloat16, integers of 2, 4 or 8
/// bits, and a power of two from 16 to 256 as onnxruntime's kernel wants it.
std::string why_not_matmul_nbits(const Graph& graph, const Node& node, DType dtype, int64_t block);

/// Replaces such a node by
///
///   y = com.microsoft.MatMulNBits(x, B, scales, [zero_points], , [bias])   bias known to be [N]
///   y = MatMulNBits(…) + bias                                              any other bias
///
/// Nodes that read the same weight by the same parameters share their constants. The model must
/// import com.microsoft, version 1. Throws Error if why_not_matmul_nbits gives a reason or `weight`
/// has no blocks along K.
void apply_matmul_nbits(Graph& graph, NodeId id, const QuantParams& weight);

}  // namespace qtool
