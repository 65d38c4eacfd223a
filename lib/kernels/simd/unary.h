#pragma once

#include <cstdint>

namespace qtool::simd {

/// Functions of one float, as kernels/reference/unary.h and activation.h define them under these
/// names; their parameters are those of Parameters.
enum class Unary : uint8_t {
  kAbs,
  kNeg,
  kSqrt,
  kReciprocal,
  kFloor,
  kCeil,
  kRound,
  kExp,
  kErf,
  kTanh,
  kSigmoid,
  kRelu,
  kLeakyRelu,    // alpha
  kClip,         // alpha: lowest; beta: highest
  kHardSigmoid,  // alpha, beta
  kHardSwish,
  kSwish,  // alpha
  kGelu,
  kGeluTanh,
};

struct Parameters {
  float alpha = 0;
  float beta = 0;
};

/// y[i] = f(x[i]) for i in [0, count); y may be x. Algebraic functions give the reference's bits; the
/// others are as near to the true value as math-inl.h says. Where the CPU has no fused
/// multiply-add, their last bits may differ.
void unary(Unary f, const Parameters& parameters, int64_t count, const float* x, float* y);

/// y[r, i] = f(x[r, i] + bias[i]) for x [rows, count]; y may be x.
void unary_with_bias(Unary f, const Parameters& parameters, int64_t rows, int64_t count,
                     const float* x, const float* bias, float* y);

}  // namespace qtool::simd
