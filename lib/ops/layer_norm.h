#pragma once

#include "ops/op.h"

namespace qtool {

/// How a normalization of rows is done, and where it puts its statistics.
struct LayerNorm {
  bool centered;      // rows get mean 0 and variance 1; else mean square 1
  double epsilon;     // added to the variance
  int64_t axis = -1;  // the first one of a row
  // Outputs; -1: nowhere.
  int mean = -1;
  int inverse_deviation = -1;
  DType statistics_type = DType::kFloat32;
  bool vectors = false;  // by the simd kernels; x is float32
};

/// Makes x, its rows normalized, · scale + bias output 0. `bias` may be null. Throws Error unless
/// both can be broadcast to x.
void layer_normalize(const LayerNorm& norm, const Tensor& x, const Tensor& scale,
                     const Tensor* bias, KernelCall& call);

}  // namespace qtool
