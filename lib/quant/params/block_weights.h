#pragma once

#include <optional>

#include "tensor/quant_params.h"

namespace qtool {

/// A weight as com.microsoft.MatMulNBits takes it, whose rows are output channels:
/// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
struct PackedBlocks {
  Tensor integers;                    // uint8 [N, blocks, block · bits / 8], first in the low bits
  Tensor scales;                      // float32 [N, blocks]
  std::optional<Tensor> zero_points;  // uint8 [N, ⌈blocks · bits / 8⌉]; absent: all 2^(bits − 1)
  int64_t n = 0;
  int64_t k = 0;
};

/// Quantizes a weight, [K, N] with blocks along axis 0 or [N, K] along axis 1, to integers of 2, 4
/// or 8 bits. Signed ones are moved by 2^(bits − 1) along with their zero points, for MatMulNBits
/// has unsigned ones only. Integers behind K are 0.
PackedBlocks pack_blocks(const Tensor& weight, const QuantParams& params);

}  // namespace qtool
