#pragma once

#include <functional>
#include <vector>

#include "kernels/simd/recurrent.h"
#include "ops/recurrent_layer.h"

namespace qtool {

/// Whether the kernels of kernels/simd/recurrent.h have what the node asks for: the operator's
/// default activations, no clip, no peepholes, and all sequences of the same length.
bool has_simd_steps(const RecurrentNode& node, const BindContext& context);

/// The biases of X · W' in gate order: those of W and R, but W's alone for the candidate of a GRU
/// with linear_before_reset.
std::vector<float> input_bias(const RecurrentNode& node, const RecurrentDirection<float>& direction,
                              const simd::GateShape& shape);

/// Runs all time steps of a direction. `inputs` are rows [columns] of X · W' + biases, as X lies;
/// `step` computes one.
void run_steps(const RecurrentNode& node, const RecurrentDirection<float>& direction,
               const simd::GateShape& shape, const float* inputs,
               const std::function<void(const simd::RecurrentStep&)>& step);

/// The binding of LSTM, GRU and RNN: W and R packed.
Kernel bind_simd_recurrent(const BindContext& context, RecurrentNode::Cell cell);

}  // namespace qtool
