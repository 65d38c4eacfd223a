#include "kernels/simd/recurrent.h"

#include <algorithm>

#include "kernels/simd/recurrent_lanes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/recurrent.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/gates-inl.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;
using I = hn::RebindToSigned<F>;
using Real = hn::VFromD<F>;

constexpr int64_t kLanes = hn::MaxLanes(F());
constexpr int64_t kVectors = kGateUnits / kLanes;
// Vectors of a block's gate that are in registers for one row.
constexpr int64_t kPart = kVectors < 2 ? kVectors : 2;

// The left side of products with floats.
class FloatProduct {
 public:
  using D = F;
  static constexpr int64_t kRows = 3;  // that are in registers for one vector of each gate
  FloatProduct(const GateMatrix& matrix, const float* x, int64_t stride)
      : weights_(matrix.weights.data()), groups_(matrix.shape.size), x_(x), stride_(stride) {}

  // Of vector `vector` of all blocks, `width` numbers for each k.
  const float* weights(int64_t vector, int64_t width) const {
    return weights_ + vector * groups_ * width;
  }
  int64_t groups() const { return groups_; }
  HWY_INLINE Real left(int64_t row, int64_t k) const { return hn::Set(F(), x_[row * stride_ + k]); }
  HWY_INLINE Real add(Real sum, Real x, Real w) const { return hn::MulAdd(x, w, sum); }
  HWY_INLINE Real real(Real sum, int64_t) const { return sum; }

 private:
  const float* weights_;
  int64_t groups_;
  const float* x_;
  int64_t stride_;
};

// The same with integers.
template <bool kQuads>
class IntegerProduct {
 public:
  using D = I;
  using Sum = hn::VFromD<I>;
  static constexpr int64_t kRows = 2;  // products take registers, too
  IntegerProduct(const IntegerGateMatrix& matrix, const IntegerRows& x)
      : matrix_(matrix), groups_(matrix.groups()), x_(x) {}

  const int32_t* weights(int64_t vector, int64_t width) const {
    return matrix_.weights.data() + vector * groups_ * width;
  }
  int64_t groups() const { return groups_; }
  HWY_INLINE Sum left(int64_t row, int64_t k) const {
    return hn::Set(I(), x_.lanes[row * groups_ + k]);
  }
  HWY_INLINE Sum add(Sum sum, Sum x, Sum w) const {
    if constexpr (kQuads) return add_quads(sum, x, w);
    return add_pairs(sum, x, w);
  }
  HWY_INLINE Real real(Sum sum, int64_t column) const {
    const Sum zero =
        hn::Mul(hn::LoadU(I(), matrix_.sums.data() + column), hn::Set(I(), x_.zero_point));
    const Real scale =
        hn::Mul(hn::Set(F(), x_.scale), hn::LoadU(F(), matrix_.scale.data() + column));
    return hn::Mul(hn::ConvertTo(F(), hn::Sub(sum, zero)), scale);
  }

 private:
  const IntegerGateMatrix& matrix_;
  int64_t groups_;
  IntegerRows x_;
};

// Units [unit, unit + kLanes) of `units`; 0 beyond.
HWY_INLINE Real load_units(const float* x, int64_t unit, int64_t units) {
  if (unit + kLanes <= units) return hn::LoadU(F(), x + unit);
  HWY_ALIGN float lanes[kLanes] = {};
  std::copy_n(x + unit, std::max<int64_t>(units - unit, 0), lanes);
  return hn::Load(F(), lanes);
}
HWY_INLINE void store_units(Real value, float* y, int64_t unit, int64_t units) {
  if (unit + kLanes <= units) return hn::StoreU(value, F(), y + unit);
  HWY_ALIGN float lanes[kLanes];
  hn::Store(value, F(), lanes);
  std::copy_n(lanes, std::max<int64_t>(units - unit, 0), y + unit);
}

// Where a vector of each gate belongs.
struct Place {
  int64_t row;
  int64_t block;
  int64_t unit;    // the first one, counted over all blocks
  int64_t column;  // of the first gate, in gate order
};

// kPartRows rows, kPartVectors vectors of each gate from `vector` on.
template <int64_t kGates, int64_t kPartRows, int64_t kPartVectors, class Product, class Finish>
HWY_INLINE void run_part(const Product& product, int64_t block, int64_t row, int64_t vector,
                         const Finish& finish) {
  constexpr int64_t kWidth = kGates * kLanes;
  using D = typename Product::D;
  hn::VFromD<D> sums[kPartRows][kGates][kPartVectors];
  for (auto& gates : sums)
    for (auto& gate : gates)
      for (auto& sum : gate) sum = hn::Zero(D());
  const int64_t groups = product.groups();
  const auto* w = product.weights(block * kVectors + vector, kWidth);
  for (int64_t k = 0; k < groups; ++k, w += kWidth) {
    hn::VFromD<D> x[kPartRows];
    for (int64_t r = 0; r < kPartRows; ++r) x[r] = product.left(row + r, k);
    for (int64_t g = 0; g < kGates; ++g)
      for (int64_t v = 0; v < kPartVectors; ++v) {
        const auto weights = hn::LoadU(D(), w + v * groups * kWidth + g * kLanes);
        for (int64_t r = 0; r < kPartRows; ++r)
          sums[r][g][v] = product.add(sums[r][g][v], x[r], weights);
      }
  }
  for (int64_t r = 0; r < kPartRows; ++r)
    for (int64_t v = 0; v < kPartVectors; ++v) {
      const int64_t lane = (vector + v) * kLanes;
      const Place at = {row + r, block, block * kGateUnits + lane,
                        block * kGates * kGateUnits + lane};
      Real gates[kGates];
      for (int64_t g = 0; g < kGates; ++g)
        gates[g] = product.real(sums[r][g][v], at.column + g * kGateUnits);
      finish(at, gates);
    }
}

// Calls finish(place, the products of each gate) for all rows and units.
template <int64_t kGates, class Product, class Finish>
HWY_INLINE void run_gates(const Product& product, const GateShape& shape, int64_t rows,
                          const Finish& finish) {
  constexpr int64_t kRows = Product::kRows;
  for (int64_t block = 0; block < shape.blocks(); ++block) {
    int64_t row = 0;
    for (; row + kRows <= rows; row += kRows)
      for (int64_t v = 0; v < kVectors; ++v)
        run_part<kGates, kRows, 1>(product, block, row, v, finish);
    for (; row < rows; ++row)
      for (int64_t v = 0; v < kVectors; v += kPart)
        run_part<kGates, 1, kPart>(product, block, row, v, finish);
  }
}

template <int64_t kGates, class Product>
HWY_INLINE void project_gates(const Product& product, const GateShape& shape, int64_t rows,
                              const float* bias, float* y) {
  const int64_t columns = shape.columns();
  run_gates<kGates>(product, shape, rows, [=](const Place& at, const Real* gates) HWY_ATTR {
    for (int64_t g = 0; g < kGates; ++g) {
      const int64_t column = at.column + g * kGateUnits;
      hn::StoreU(hn::Add(gates[g], hn::LoadU(F(), bias + column)), F(),
                 y + at.row * columns + column);
    }
  });
}

template <class Product>
HWY_INLINE void project_all(const Product& product, const GateShape& shape, int64_t rows,
                            const float* bias, float* y) {
  switch (shape.gates) {
    case 1:
      return project_gates<1>(product, shape, rows, bias, y);
    case 3:
      return project_gates<3>(product, shape, rows, bias, y);
    default:
      return project_gates<4>(product, shape, rows, bias, y);
  }
}

void ProjectFloat(const GateMatrix& matrix, int64_t rows, const float* x, const float* bias,
                  float* y) {
  project_all(FloatProduct(matrix, x, matrix.shape.size), matrix.shape, rows, bias, y);
}

void ProjectInteger(const IntegerGateMatrix& matrix, int64_t rows, const IntegerRows& x,
                    const float* bias, float* y) {
  if constexpr (kHasQuads)
    if (matrix.quads)
      return project_all(IntegerProduct<true>(matrix, x), matrix.shape, rows, bias, y);
  project_all(IntegerProduct<false>(matrix, x), matrix.shape, rows, bias, y);
}

// What comes from outside into gate `gate` of the layer's `gates`.
HWY_INLINE Real input_of(const RecurrentStep& step, const Place& at, int64_t gate, int64_t gates) {
  const int64_t column = (at.block * gates + gate) * kGateUnits + at.unit % kGateUnits;
  return hn::LoadU(F(), step.input + at.row * step.input_stride + column);
}

void RnnStep(const GateMatrix& r, const RecurrentStep& step) {
  const int64_t units = r.shape.units;
  const FloatProduct product(r, step.h, step.h_stride);
  run_gates<1>(product, r.shape, step.rows, [=](const Place& at, const Real* gates) HWY_ATTR {
    store_units(gate_tanh(F(), hn::Add(gates[0], input_of(step, at, 0, 1))),
                step.y + at.row * step.y_stride, at.unit, units);
  });
}

// (1 − z) · candidate + z · h
HWY_INLINE void store_gru(const RecurrentStep& step, const Place& at, int64_t units, Real z,
                          Real candidate) {
  const Real h = load_units(step.h + at.row * step.h_stride, at.unit, units);
  const Real rest = hn::Sub(hn::Set(F(), 1.0F), z);
  store_units(hn::MulAdd(rest, candidate, hn::Mul(z, h)), step.y + at.row * step.y_stride, at.unit,
              units);
}

void GruStep(const GateMatrix& r, const RecurrentStep& step) {
  const int64_t units = r.shape.units;
  const FloatProduct product(r, step.h, step.h_stride);
  run_gates<3>(product, r.shape, step.rows, [=](const Place& at, const Real* gates) HWY_ATTR {
    const F d;
    const Real z = gate_sigmoid(d, hn::Add(gates[0], input_of(step, at, 0, 3)));
    const Real reset = gate_sigmoid(d, hn::Add(gates[1], input_of(step, at, 1, 3)));
    const Real linear = hn::Add(gates[2], hn::LoadU(d, step.bias + at.unit));
    store_gru(step, at, units, z,
              gate_tanh(d, hn::MulAdd(reset, linear, input_of(step, at, 2, 3))));
  });
}

void GruResetStep(const GateMatrix& r, const GateMatrix& candidate, const RecurrentStep& step) {
  const int64_t units = r.shape.units;
  const int64_t padded = r.shape.padded_units();
  float* const zs = step.scratch;
  float* const resets = step.scratch + step.rows * padded;
  run_gates<2>(FloatProduct(r, step.h, step.h_stride), r.shape, step.rows,
               [=](const Place& at, const Real* gates) HWY_ATTR {
                 const F d;
                 const int64_t offset = at.row * padded + at.unit;
                 const Real z = gate_sigmoid(d, hn::Add(gates[0], input_of(step, at, 0, 3)));
                 const Real reset = gate_sigmoid(d, hn::Add(gates[1], input_of(step, at, 1, 3)));
                 const Real h = load_units(step.h + at.row * step.h_stride, at.unit, units);
                 hn::StoreU(z, d, zs + offset);
                 hn::StoreU(hn::Mul(reset, h), d, resets + offset);
               });
  run_gates<1>(FloatProduct(candidate, resets, padded), candidate.shape, step.rows,
               [=](const Place& at, const Real* gates) HWY_ATTR {
                 const Real g = gate_tanh(F(), hn::Add(gates[0], input_of(step, at, 2, 3)));
                 const Real z = hn::LoadU(F(), zs + at.row * padded + at.unit);
                 store_gru(step, at, units, z, g);
               });
}

template <class Product>
HWY_INLINE void lstm_gates(const Product& product, const GateShape& shape,
                           const RecurrentStep& step) {
  const int64_t units = shape.units;
  const int64_t padded = shape.padded_units();
  run_gates<4>(product, shape, step.rows, [=](const Place& at, const Real* gates) HWY_ATTR {
    const F d;
    const Real i = gate_sigmoid(d, hn::Add(gates[0], input_of(step, at, 0, 4)));
    const Real o = gate_sigmoid(d, hn::Add(gates[1], input_of(step, at, 1, 4)));
    const Real f = gate_sigmoid(d, hn::Add(gates[2], input_of(step, at, 2, 4)));
    const Real g = gate_tanh(d, hn::Add(gates[3], input_of(step, at, 3, 4)));
    float* const cell = step.c + at.row * padded + at.unit;
    const Real c = hn::MulAdd(f, hn::LoadU(d, cell), hn::Mul(i, g));
    hn::StoreU(c, d, cell);
    store_units(hn::Mul(o, gate_tanh(d, c)), step.y + at.row * step.y_stride, at.unit, units);
  });
}

void LstmStep(const GateMatrix& r, const RecurrentStep& step) {
  lstm_gates(FloatProduct(r, step.h, step.h_stride), r.shape, step);
}

void LstmIntegerStep(const IntegerGateMatrix& r, const IntegerRows& h, const RecurrentStep& step) {
  if constexpr (kHasQuads)
    if (r.quads) return lstm_gates(IntegerProduct<true>(r, h), r.shape, step);
  lstm_gates(IntegerProduct<false>(r, h), r.shape, step);
}

// T: what elements of a lane are.
template <class T>
HWY_INLINE void quantize_elements(int64_t size, const float* x, float scale, int32_t zero_point,
                                  T* y) {
  const F d;
  const Real step = hn::Set(d, scale);
  const SaturateLanes<uint8_t, F> saturate(d, zero_point);
  for (int64_t i = 0; i < size; i += kLanes) {
    const auto q = saturate(hn::Div(load_units(x, i, size), step));
    if constexpr (kLanes > 1)
      if (i + kLanes <= size) {
        const hn::Rebind<T, F> narrow;
        hn::StoreU(hn::DemoteTo(narrow, q), narrow, y + i);
        continue;
      }
    HWY_ALIGN int32_t lanes[kLanes];
    hn::Store(q, I(), lanes);
    std::transform(lanes, lanes + std::min(kLanes, size - i), y + i,
                   [](int32_t lane) { return static_cast<T>(lane); });
  }
}

void QuantizeRow(const IntegerGateMatrix& matrix, const float* x, float scale, int32_t zero_point,
                 int32_t* lanes) {
  if (matrix.groups() > 0) lanes[matrix.groups() - 1] = 0;
  if (matrix.quads)
    quantize_elements(matrix.shape.size, x, scale, zero_point, reinterpret_cast<uint8_t*>(lanes));
  else
    quantize_elements(matrix.shape.size, x, scale, zero_point, reinterpret_cast<int16_t*>(lanes));
}

int64_t GateLanes() { return kLanes; }
bool MultipliesQuads() { return kHasQuads; }

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(GateLanes);
HWY_EXPORT(MultipliesQuads);
HWY_EXPORT(QuantizeRow);
HWY_EXPORT(ProjectFloat);
HWY_EXPORT(ProjectInteger);
HWY_EXPORT(RnnStep);
HWY_EXPORT(GruStep);
HWY_EXPORT(GruResetStep);
HWY_EXPORT(LstmStep);
HWY_EXPORT(LstmIntegerStep);

int64_t gate_lanes() { return HWY_DYNAMIC_DISPATCH(GateLanes)(); }
bool multiplies_quads() { return HWY_DYNAMIC_DISPATCH(MultipliesQuads)(); }
void quantize_row(const IntegerGateMatrix& matrix, const float* x, float scale, int32_t zero_point,
                  int32_t* lanes) {
  HWY_DYNAMIC_DISPATCH(QuantizeRow)(matrix, x, scale, zero_point, lanes);
}
void project(const GateMatrix& matrix, int64_t rows, const float* x, const float* bias, float* y) {
  HWY_DYNAMIC_DISPATCH(ProjectFloat)(matrix, rows, x, bias, y);
}
void project(const IntegerGateMatrix& matrix, int64_t rows, const IntegerRows& x, const float* bias,
             float* y) {
  HWY_DYNAMIC_DISPATCH(ProjectInteger)(matrix, rows, x, bias, y);
}
void rnn_step(const GateMatrix& recurrent, const RecurrentStep& step) {
  HWY_DYNAMIC_DISPATCH(RnnStep)(recurrent, step);
}
void gru_step(const GateMatrix& recurrent, const RecurrentStep& step) {
  HWY_DYNAMIC_DISPATCH(GruStep)(recurrent, step);
}
void gru_step(const GateMatrix& gates, const GateMatrix& candidate, const RecurrentStep& step) {
  HWY_DYNAMIC_DISPATCH(GruResetStep)(gates, candidate, step);
}
void lstm_step(const GateMatrix& recurrent, const RecurrentStep& step) {
  HWY_DYNAMIC_DISPATCH(LstmStep)(recurrent, step);
}
void lstm_step(const IntegerGateMatrix& recurrent, const IntegerRows& h,
               const RecurrentStep& step) {
  HWY_DYNAMIC_DISPATCH(LstmIntegerStep)(recurrent, h, step);
}

}  // namespace qtool::simd
#endif
