#include <cmath>

#include "kernels/reference/unary.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/unary.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

namespace ref = reference;

// Tests of floating-point numbers, those of 8 bits included.
template <class F>
Kernel test_kernel(F test) {
  return [test](KernelCall& call) { run_unary<FloatTypes>(call, widen(call.input(0)), test); };
}

Kernel bind_is_nan(const BindContext&) { return test_kernel(ref::IsNaN{}); }

Kernel bind_is_inf(const BindContext& context) {
  return test_kernel(ref::IsInf{
      .negative = context.attribute<int64_t>("detect_negative", 1) != 0,
      .positive = context.attribute<int64_t>("detect_positive", 1) != 0,
  });
}

}  // namespace

std::span<const OpSpec> elementwise_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      vector_unary<simd::Unary::kAbs, NumericTypes>("Abs", ref::Abs{}),
      vector_unary<simd::Unary::kNeg, SignedTypes>("Neg", ref::Neg{}),
      unary<NumericTypes>("Sign", ref::Sign{}),
      vector_unary<simd::Unary::kErf, NumericTypes>(
          "Erf", ref::Erf{},
          {.inputs = {Role::kActivation},
           .fixed_output = std::pair{-1.0F, 1.0F}}),  // of integers in opset 9 only
      vector_unary<simd::Unary::kFloor>("Floor", [](auto x) { return std::floor(x); }),
      vector_unary<simd::Unary::kCeil>("Ceil", [](auto x) { return std::ceil(x); }),
      vector_unary<simd::Unary::kRound>("Round", ref::Round{}),
      vector_unary<simd::Unary::kSqrt>("Sqrt", [](auto x) { return std::sqrt(x); }),
      vector_unary<simd::Unary::kReciprocal>("Reciprocal", [](auto x) { return 1 / x; }),
      vector_unary<simd::Unary::kExp>("Exp", [](auto x) { return std::exp(x); }),
      unary("Log", [](auto x) { return std::log(x); }),
      unary("Sin", [](auto x) { return std::sin(x); }),
      unary("Cos", [](auto x) { return std::cos(x); }),
      unary("Tan", [](auto x) { return std::tan(x); }),
      unary("Asin", [](auto x) { return std::asin(x); }),
      unary("Acos", [](auto x) { return std::acos(x); }),
      unary("Atan", [](auto x) { return std::atan(x); }),
      unary("Sinh", [](auto x) { return std::sinh(x); }),
      unary("Cosh", [](auto x) { return std::cosh(x); }),
      unary("Asinh", [](auto x) { return std::asinh(x); }),
      unary("Acosh", [](auto x) { return std::acosh(x); }),
      unary("Atanh", [](auto x) { return std::atanh(x); }),
      reference_op("IsNaN", bind_is_nan),
      reference_op("IsInf", bind_is_inf),
  });
  return kOps;
}

}  // namespace qtool
