#pragma once

#include <string>

#include "tensor/datum.h"

namespace qtool {

/// How `got` differs from `expected`, empty if it does not. Types and shapes must be the same,
/// elements too; those of float types may differ by 1e-7 + 1e-3 |expected| (bfloat16: 2^-6), NaN
/// and infinities only match themselves: the rule of onnx.backend.test.runner.
std::string difference(const Datum& got, const Datum& expected);

}  // namespace qtool
