// Functions of float vectors, for one instruction set at a time; see lanes-inl.h.
// Errors were measured on floats of all exponents, 143 000 of them
// (tests/kernels/simd/unary_test.cpp).
// Polynomials: least maximum error on their intervals, by iterated weighted least squares.
#if defined(QTOOL_SIMD_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QTOOL_SIMD_MATH_INL
#undef QTOOL_SIMD_MATH_INL
#else
#define QTOOL_SIMD_MATH_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// c0 + c1 · x + c2 · x² + …
template <class D, class V>
HWY_INLINE V polynomial(D d, V, float c) {
  return hn::Set(d, c);
}
template <class D, class V, class... Rest>
HWY_INLINE V polynomial(D d, V x, float c, Rest... rest) {
  return hn::MulAdd(x, polynomial(d, x, rest...), hn::Set(d, c));
}

/// 2^n for integers n in [−126, 127].
template <class D, class V>
HWY_INLINE hn::VFromD<D> power_of_two(D d, V n) {
  const hn::DFromV<V> d32;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(d32, 127))));
}

/// e^x within 2 units in the last place, 0 and infinity beyond float's range, NaN of NaN. With x =
/// n · ln 2 + r and |r| <= ln 2 / 2: 2^n · e^r, ln 2 in two parts (Cody and Waite, "Software Manual
/// for the Elementary Functions", 1980).
template <class D, class V>
HWY_INLINE V exp_of(D d, V x) {
  const hn::RebindToSigned<D> d32;
  // Beyond these results are 0 and infinity.
  const V inside = hn::Min(hn::Max(x, hn::Set(d, -104.0F)), hn::Set(d, 89.0F));
  const V integers = hn::Set(d, 12582912.0F);  // near 1.5 * 2^23 floats are the integers
  const V rounded = hn::MulAdd(inside, hn::Set(d, 1.44269504F), integers);
  const auto n = hn::Sub(hn::BitCast(d32, rounded), hn::Set(d32, 0x4B400000));
  const V whole = hn::Sub(rounded, integers);
  V r = hn::NegMulAdd(whole, hn::Set(d, 0.693145751953125F), inside);
  r = hn::NegMulAdd(whole, hn::Set(d, 1.42860677e-6F), r);
  const V q = polynomial(d, r, 0.5F, 0.166665181517601F, 0.04166620597243309F,
                         0.008368954062461853F, 0.0013950599823147058F);
  const V p = hn::Add(hn::MulAdd(hn::Mul(r, r), q, r), hn::Set(d, 1.0F));
  // In two steps, since 2^n may be no normal float where the result is one.
  const auto half = hn::ShiftRight<1>(n);
  const V y = hn::Mul(hn::Mul(p, power_of_two(d, half)), power_of_two(d, hn::Sub(n, half)));
  return hn::IfThenElse(hn::Eq(x, x), y, x);
}

/// 1 / (1 + e^−x).
template <class D, class V>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  return hn::Div(one, hn::Add(one, exp_of(d, hn::Neg(x))));
}

/// tanh(x) within 3 units in the last place: x + x³ · p(x²) up to 0.625, else 1 − 2 / (e^2|x| + 1).
template <class D, class V>
HWY_INLINE V tanh_of(D d, V x) {
  const V t = hn::Mul(x, x);
  const V p = polynomial(d, t, -0.3333328366279602F, 0.13331490755081177F, -0.05374349653720856F,
                         0.020650578662753105F, -0.005717036779969931F);
  const V near_zero = hn::MulAdd(hn::Mul(x, t), p, x);
  const V magnitude = hn::Abs(x);
  const V one = hn::Set(d, 1.0F);
  const V e = exp_of(d, hn::Add(magnitude, magnitude));
  const V far = hn::Sub(one, hn::Div(hn::Set(d, 2.0F), hn::Add(e, one)));
  return hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 0.625F)), near_zero, hn::CopySign(far, x));
}

/// erf(x) within 4 units in the last place: x · p(x²) up to 1, else 1 − e^q(|x|), q being
/// log(1 − erf) up to 4, where erf rounds to 1.
template <class D, class V>
HWY_INLINE V erf_of(D d, V x) {
  const V p = polynomial(d, hn::Mul(x, x), 1.1283791065216064F, -0.3761262595653534F,
                         0.11283600330352783F, -0.026854444295167923F, 0.005189535208046436F,
                         -0.0008020841050893068F, 7.889119297033176e-05F);
  const V magnitude = hn::Abs(x);
  const V inside = hn::Min(magnitude, hn::Set(d, 4.0F));
  const V q = polynomial(d, inside, 0.0001880402269307524F, -1.1295784711837769F,
                         -0.6332198977470398F, -0.10841857641935349F, 0.025208257138729095F,
                         -0.004204561933875084F, 0.00044133636401966214F, -2.1686850232072175e-05F);
  const V far = hn::Sub(hn::Set(d, 1.0F), exp_of(d, q));
  const V y =
      hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 1.0F)), hn::Mul(x, p), hn::CopySign(far, x));
  return hn::IfThenElse(hn::Eq(x, x), y, x);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // QTOOL_SIMD_MATH_INL
