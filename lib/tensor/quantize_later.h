#pragma once

#include "tensor/quant_params.h"

namespace qtool {

/// quantize(values, params), whose elements are made when they are asked for (Tensor::deferred):
/// a large model's weights are then read, quantized and written one after the other and are never in
/// memory together. Types other than integers of 8 and 16 bits are made at once.
Tensor quantize_later(const Tensor& values, const QuantParams& params);

}  // namespace qtool
