#pragma once

#include <vector>

#include "base/small_float.h"
#include "tensor/tensor.h"

namespace qtool {

/// What ONNX's Cast leaves to attributes, for types of 8 bits and less.
struct CastRule {
  bool saturate = true;
  ExponentRounding rounding = ExponentRounding::kUp;
};

/// Every element of x as the nearest of y's type, as ONNX's Cast; y has x's shape.
/// Floating point is rounded once, to even. As an integer it loses its fraction; what then does not
/// fit int32, int64 or (above) uint64 becomes the nearest that does, for all other types and
/// numbers below 0 upper bits are dropped, as between integers. NaN becomes 0.
/// Text is Python's: "True", "-3", "0.1", "1e-05", "nan", "inf", with as few digits as tell the
/// number from its neighbours in x's type. Numbers are read from all that strtod knows and from
/// "true" and "false" in any case.
/// Throws Error for text that is no number, and for complex numbers.
void cast(const Tensor& x, Tensor& y, const CastRule& rule = {});
/// The same into a new tensor. Shares the elements if they are of that type already.
Tensor cast(const Tensor& x, DType to, const CastRule& rule = {});

}  // namespace qtool
