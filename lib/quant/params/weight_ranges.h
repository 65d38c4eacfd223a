#pragma once

#include <span>

#include "quant/options.h"

namespace qtool {

/// Scale and zero point for elements that share them, by the scheme's type, symmetry, reduce_range
/// and method; each costs a constant number of passes over the elements. The scale is a number of
/// the type `real` (float32, float16 or bfloat16), in which DequantizeLinear will hold it.
/// Formulas and constants: docs/quantization.md, "Weights".
/// Where the range is cut, integers saturate at the limits of their type; so with reduce_range,
/// whose limits lie inside, nothing is cut: all methods are kMinMax then. So they are for
/// floating-point types, whose steps grow with the numbers.
/// The elements are finite.
Affine choose_slice_params(std::span<const float> elements, const WeightScheme& scheme, DType real);

}  // namespace qtool
