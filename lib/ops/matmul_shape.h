#pragma once

#include "kernels/matmul_shape.h"
#include "tensor/shape.h"

namespace qtool {

/// A product as NumPy's matmul defines it, ready for a kernel.
struct MatMulPlan {
  MatMulShape shape;
  Shape output;
};

/// The product of tensors of these shapes. A 1-D operand is a row or column whose axis the result
/// does not have. Throws Error if the shapes do not fit.
MatMulPlan resolve_matmul(const Shape& a, const Shape& b);

/// The product of a [m, k] and b [k, n], each transposed if so told. Throws Error if they do not
/// fit.
MatMulPlan resolve_gemm(const Shape& a, bool transpose_a, const Shape& b, bool transpose_b);

}  // namespace qtool
