#pragma once

#include "tensor/tensor.h"

// Arithmetic on a tensor of float or double in its own memory.
namespace qtool {

/// y = y + a and y = y · a, where a is of y's type and broadcast to y. Throws Error if that is not
/// possible.
void add_in_place(Tensor& y, const Tensor& a);
void multiply_in_place(Tensor& y, const Tensor& a);
/// y = y · factor.
void scale_in_place(Tensor& y, double factor);

}  // namespace qtool
