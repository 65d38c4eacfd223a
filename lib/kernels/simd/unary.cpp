#include "kernels/simd/unary.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/unary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"
#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

// A function: V operator()(D d, const Parameters&, V x).
#define QTOOL_FUNCTION(name, expression)                                      \
  struct name {                                                               \
    template <class D, class V>                                               \
    HWY_INLINE V operator()(D d, [[maybe_unused]] const Parameters& p, V x) { \
      static_cast<void>(d);                                                   \
      return expression;                                                      \
    }                                                                         \
  }

// min(max(x, low), high), NaN stays NaN.
template <class V>
HWY_INLINE V clip(V x, V low, V high) {
  const V raised = hn::IfThenElse(hn::Lt(x, low), low, x);
  return hn::IfThenElse(hn::Lt(high, raised), high, raised);
}
template <class D, class V>
HWY_INLINE V clip_to_unit(D d, V x) {
  return clip(x, hn::Zero(d), hn::Set(d, 1.0F));
}
template <class D, class V>
HWY_INLINE V half_of(D d, V x) {
  return hn::Mul(hn::Set(d, 0.5F), x);
}
template <class D, class V>
HWY_INLINE V gelu_tanh_argument(D d, V x) {
  const V cube = hn::Mul(hn::Mul(hn::Mul(hn::Set(d, 0.044715F), x), x), x);
  return hn::Mul(hn::Set(d, 0.797884583F), hn::Add(x, cube));
}

QTOOL_FUNCTION(AbsOf, hn::Abs(x));
QTOOL_FUNCTION(NegOf, hn::Neg(x));
QTOOL_FUNCTION(SqrtOf, hn::Sqrt(x));
QTOOL_FUNCTION(ReciprocalOf, hn::Div(hn::Set(d, 1.0F), x));
// The sign of zeros, too.
QTOOL_FUNCTION(FloorOf, hn::CopySign(hn::Floor(x), x));
QTOOL_FUNCTION(CeilOf, hn::CopySign(hn::Ceil(x), x));
QTOOL_FUNCTION(RoundOf, hn::CopySign(hn::Round(x), x));
QTOOL_FUNCTION(ExpOf, exp_of(d, x));
QTOOL_FUNCTION(ErfOf, erf_of(d, x));
QTOOL_FUNCTION(TanhOf, tanh_of(d, x));
QTOOL_FUNCTION(SigmoidOf, sigmoid_of(d, x));
QTOOL_FUNCTION(ReluOf, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x));
QTOOL_FUNCTION(LeakyReluOf,
               hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, p.alpha), x), x));
QTOOL_FUNCTION(ClipOf, clip(x, hn::Set(d, p.alpha), hn::Set(d, p.beta)));
QTOOL_FUNCTION(HardSigmoidOf,
               clip_to_unit(d, hn::Add(hn::Mul(hn::Set(d, p.alpha), x), hn::Set(d, p.beta))));
QTOOL_FUNCTION(HardSwishOf, hn::Mul(x, clip_to_unit(d, hn::Add(hn::Div(x, hn::Set(d, 6.0F)),
                                                               hn::Set(d, 0.5F)))));
QTOOL_FUNCTION(SwishOf, hn::Mul(x, sigmoid_of(d, hn::Mul(hn::Set(d, p.alpha), x))));
QTOOL_FUNCTION(GeluOf,
               hn::Mul(half_of(d, x),
                       hn::Add(hn::Set(d, 1.0F), erf_of(d, hn::Mul(x, hn::Set(d, 0.707106781F))))));
QTOOL_FUNCTION(GeluTanhOf, hn::Mul(half_of(d, x), hn::Add(hn::Set(d, 1.0F),
                                                          tanh_of(d, gelu_tanh_argument(d, x)))));
#undef QTOOL_FUNCTION

using D = hn::ScalableTag<float>;

// Where to apply a function: x [rows, count] + bias [count], which may be null.
struct Matrix {
  int64_t rows;
  int64_t count;
  const float* x;
  const float* bias;
  float* y;
};

template <class F>
void apply(const Matrix& m, const Parameters& parameters) {
  const float* x = m.x;
  float* y = m.y;
  for (int64_t r = 0; r < m.rows; ++r, x += m.count, y += m.count)
    walk_row(D(), m.count, [&](auto d, int64_t i) HWY_ATTR {
      auto value = hn::LoadU(d, x + i);
      if (m.bias != nullptr) value = hn::Add(value, hn::LoadU(d, m.bias + i));
      hn::StoreU(F()(d, parameters, value), d, y + i);
    });
}

void apply_named(Unary f, const Matrix& m, const Parameters& p) {
  switch (f) {
    case Unary::kAbs:
      return apply<AbsOf>(m, p);
    case Unary::kNeg:
      return apply<NegOf>(m, p);
    case Unary::kSqrt:
      return apply<SqrtOf>(m, p);
    case Unary::kReciprocal:
      return apply<ReciprocalOf>(m, p);
    case Unary::kFloor:
      return apply<FloorOf>(m, p);
    case Unary::kCeil:
      return apply<CeilOf>(m, p);
    case Unary::kRound:
      return apply<RoundOf>(m, p);
    case Unary::kExp:
      return apply<ExpOf>(m, p);
    case Unary::kErf:
      return apply<ErfOf>(m, p);
    case Unary::kTanh:
      return apply<TanhOf>(m, p);
    case Unary::kSigmoid:
      return apply<SigmoidOf>(m, p);
    case Unary::kRelu:
      return apply<ReluOf>(m, p);
    case Unary::kLeakyRelu:
      return apply<LeakyReluOf>(m, p);
    case Unary::kClip:
      return apply<ClipOf>(m, p);
    case Unary::kHardSigmoid:
      return apply<HardSigmoidOf>(m, p);
    case Unary::kHardSwish:
      return apply<HardSwishOf>(m, p);
    case Unary::kSwish:
      return apply<SwishOf>(m, p);
    case Unary::kGelu:
      return apply<GeluOf>(m, p);
    case Unary::kGeluTanh:
      return apply<GeluTanhOf>(m, p);
  }
}

void UnaryRows(Unary f, const Parameters& parameters, int64_t rows, int64_t count, const float* x,
               const float* bias, float* y) {
  apply_named(f, {rows, count, x, bias, y}, parameters);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(UnaryRows);

void unary(Unary f, const Parameters& parameters, int64_t count, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(UnaryRows)(f, parameters, 1, count, x, nullptr, y);
}
void unary_with_bias(Unary f, const Parameters& parameters, int64_t rows, int64_t count,
                     const float* x, const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(UnaryRows)(f, parameters, rows, count, x, bias, y);
}

}  // namespace qtool::simd
#endif
