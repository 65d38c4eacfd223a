#pragma once

#include "ops/matmul_shape.h"
#include "ops/op.h"

namespace qtool {

/// QLinearMatMul for what sums of bytes with one multiplier a column cannot express: scales for
/// each row or matrix, and floating point of 8 bits. Dequantizes to float64, multiplies, and
/// quantizes.
void qlinear_matmul_in_reals(KernelCall& call, const MatMulPlan& plan);

}  // namespace qtool
