#pragma once

#include <cstdint>

namespace qtool::simd {

/// Functions of two floats, as kernels/reference/binary.h has them under these names, bit by bit.
enum class Binary : uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax };

/// y[i] = f(a[i · a_step], b[i · b_step]) for i in [0, count). Steps are 1 or 0, and not both 0;
/// y may be an operand whose step is 1.
using BinaryRow = void (*)(int64_t count, const float* a, int64_t a_step, const float* b,
                           int64_t b_step, float* y);

/// The loop over a row for the instruction set in use.
BinaryRow binary_row(Binary f);

}  // namespace qtool::simd
