#pragma once

#include <functional>

#include "kernels/matmul_shape.h"
#include "tensor/tensor.h"

namespace qtool {

/// y = a · b for tensors of one type, whose elements are taken to lie as `shape` says. Fills y with
/// zeros where there is nothing to add up.
using BatchMatMul =
    std::function<void(const MatMulShape& shape, const Tensor& a, const Tensor& b, Tensor& y)>;

/// The product by the reference, of the types that MatMul admits except 16-bit floats.
BatchMatMul reference_matmul();
/// The same, by oneDNN if it is of float32. `constant_b`: b is the same in every call.
BatchMatMul onednn_matmul(bool constant_b = false);

}  // namespace qtool
