#pragma once

#include "tensor/tensor.h"

namespace qtool {

/// The same numbers in a type that C++ and NumPy can count in: bfloat16, float8 and float4 as
/// float32, int4 and int2 as int8, uint4 and uint2 as uint8, all of them exactly. A tensor of any
/// other type is given back as it is.
Tensor widen(const Tensor& tensor);

}  // namespace qtool
