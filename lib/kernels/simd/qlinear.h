#pragma once

#include <cstdint>

namespace qtool::simd {

/// real = float(q − zero_point) · scale.
struct ByteScale {
  float scale = 1;
  int32_t zero_point = 0;
};

enum class QLinear : uint8_t { kAdd, kMul };

struct QLinearRule {
  QLinear f = QLinear::kAdd;
  ByteScale a, b, y;
};

/// y[i] = saturate(round(f(real a, real b) / y.scale) + y.zero_point) for i in [0, count), bit by bit
/// as the reference of QLinearAdd and QLinearMul; of a and b element i · step, steps being 1 or 0.
/// T: uint8_t, int8_t.
template <class T>
void qlinear_row(const QLinearRule& rule, int64_t count, const T* a, int64_t a_step, const T* b,
                 int64_t b_step, T* y);

}  // namespace qtool::simd
