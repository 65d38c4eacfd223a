#pragma once

#include "kernels/matmul_shape.h"

namespace qtool::reference {

/// y = alpha · (a · b). Floating-point numbers are summed in double; integers wrap around.
/// For float, double, and integers of 32 and 64 bits.
template <class T>
void matmul(const MatMulShape& shape, float alpha, const T* a, const T* b, T* y);

}  // namespace qtool::reference
