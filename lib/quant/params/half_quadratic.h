#pragma once

#include <span>

#include "tensor/quant_params.h"

namespace qtool {

/// Half-quadratic quantization (Badri and Shaji, "Half-Quadratic Quantization of Large Machine
/// Learning Models", 2023): makes Σ |x − x̂|^p small for p = 3/4, which unlike squares lets a few
/// large errors be. Alternates between the errors that are to be kept (shrinkage) and a line
/// through the rest; formulas in docs/quantization.md. Other than there the scale is fitted too,
/// and the zero point is rounded, since ONNX's is an integer. With `symmetric` it stays as in
/// `start`. Gives `start` back where nothing better is found.
Affine choose_half_quadratic(std::span<const float> elements, Affine start, QuantRange range,
                             bool symmetric);

}  // namespace qtool
