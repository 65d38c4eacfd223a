#include "kernels/simd/binary.h"

#include "base/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/binary.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct AddOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Add(a, b);
  }
};
struct SubOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Sub(a, b);
  }
};
struct MulOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct DivOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Div(a, b);
  }
};
// A NaN on either side is the result.
struct MinOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::Ne(a, a)), a, b);
  }
};
struct MaxOf {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::Ne(a, a)), a, b);
  }
};

template <class F>
HWY_INLINE void row(int64_t count, const float* a, int64_t a_step, const float* b, int64_t b_step,
                    float* y) {
  const hn::ScalableTag<float> all;
  if (a_step == 1 && b_step == 1)
    return walk_row(all, count, [&](auto d, int64_t i) HWY_ATTR {
      hn::StoreU(F()(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
    });
  const float one = a_step == 0 ? *a : *b;
  if (a_step == 0)
    return walk_row(all, count, [&](auto d, int64_t i) HWY_ATTR {
      hn::StoreU(F()(hn::Set(d, one), hn::LoadU(d, b + i)), d, y + i);
    });
  walk_row(all, count, [&](auto d, int64_t i) HWY_ATTR {
    hn::StoreU(F()(hn::LoadU(d, a + i), hn::Set(d, one)), d, y + i);
  });
}

#define QTOOL_BINARY(name, F)                                                              \
  void name(int64_t count, const float* a, int64_t a_step, const float* b, int64_t b_step, \
            float* y) {                                                                    \
    row<F>(count, a, a_step, b, b_step, y);                                                \
  }
QTOOL_BINARY(AddRow, AddOf)
QTOOL_BINARY(SubRow, SubOf)
QTOOL_BINARY(MulRow, MulOf)
QTOOL_BINARY(DivRow, DivOf)
QTOOL_BINARY(MinRow, MinOf)
QTOOL_BINARY(MaxRow, MaxOf)
#undef QTOOL_BINARY

BinaryRow Choose(Binary f) {
  switch (f) {
    case Binary::kAdd:
      return AddRow;
    case Binary::kSub:
      return SubRow;
    case Binary::kMul:
      return MulRow;
    case Binary::kDiv:
      return DivRow;
    case Binary::kMin:
      return MinRow;
    case Binary::kMax:
      return MaxRow;
  }
  QTOOL_ASSERT(false);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(Choose);
BinaryRow binary_row(Binary f) { return HWY_DYNAMIC_DISPATCH(Choose)(f); }

}  // namespace qtool::simd
#endif
