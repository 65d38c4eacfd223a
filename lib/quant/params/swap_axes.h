#pragma once

#include "tensor/tensor.h"

namespace qtool {

/// A tensor [..., m, n] of a type of 8 bits as [..., n, m]. Throws Error for other types and for
/// a rank below 2.
Tensor swap_last_axes(const Tensor& tensor);

}  // namespace qtool
