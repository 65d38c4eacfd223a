// Functions of gates, for one instruction set at a time; see lanes-inl.h. They are short, since a
// recurrent layer takes few of them at a time and waits for each.
#if defined(QTOOL_SIMD_GATES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QTOOL_SIMD_GATES_INL
#undef QTOOL_SIMD_GATES_INL
#else
#define QTOOL_SIMD_GATES_INL
#endif

#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// tanh(x) within 5e-7 of its value, NaN of NaN: x · p(x²) / q(x²) up to 7.9, and from there on what
/// it is there. p and q: least maximum relative error of the quotient, 6e-9, by iterated weighted
/// least squares.
template <class D, class V>
HWY_INLINE V gate_tanh(D d, V x) {
  const V inside = hn::Min(hn::Max(x, hn::Set(d, -7.9F)), hn::Set(d, 7.9F));
  const V t = hn::Mul(inside, inside);
  const V p = polynomial(d, t, 1.0F, 0.1345062255859375F, 0.0035789937246590853F,
                         2.202327232225798e-05F, 1.5428010868845377e-08F);
  const V q = polynomial(d, t, 1.0F, 0.4678395092487335F, 0.02619224414229393F,
                         0.00034236532519571483F, 8.598796057412983e-07F);
  return hn::IfThenElse(hn::Eq(x, x), hn::Div(hn::Mul(inside, p), q), x);
}

/// 1 / (1 + e^−x) = (1 + tanh(x / 2)) / 2 within 3e-7.
template <class D, class V>
HWY_INLINE V gate_sigmoid(D d, V x) {
  const V half = hn::Set(d, 0.5F);
  return hn::MulAdd(half, gate_tanh(d, hn::Mul(half, x)), half);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // QTOOL_SIMD_GATES_INL
