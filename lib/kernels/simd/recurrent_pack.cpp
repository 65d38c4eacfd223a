#include <algorithm>

#include "kernels/simd/recurrent.h"
#include "kernels/simd/recurrent_lanes.h"

namespace qtool::simd {
namespace {

// Calls f(index of the gate's unit in [gates, units], place in [blocks, gates, kGateUnits]).
template <class F>
void each_column(const GateShape& shape, F f) {
  for (int64_t gate = 0; gate < shape.gates; ++gate)
    for (int64_t unit = 0; unit < shape.units; ++unit)
      f(gate * shape.units + unit,
        (unit / kGateUnits * shape.gates + gate) * kGateUnits + unit % kGateUnits);
}

// Element `k` of a column in [blocks, vectors, groups, gates, lanes].
std::size_t place(const GateShape& shape, int64_t groups, int64_t column, int64_t k) {
  const int64_t lanes = gate_lanes();
  const int64_t gate = column / kGateUnits % shape.gates;
  const int64_t unit = column / kGateUnits / shape.gates * kGateUnits + column % kGateUnits;
  return static_cast<std::size_t>(((unit / lanes * groups + k) * shape.gates + gate) * lanes +
                                  unit % lanes);
}

// Elements [k, k + 4) or [k, k + 2) of a row beside each other in 32 bits; 0 behind its end.
int32_t pack_lane(const int32_t* row, int64_t size, int64_t k, bool quads) {
  const int64_t bits = quads ? 8 : 16;
  uint32_t lane = 0;
  for (int64_t i = 0; i < 32 / bits && k + i < size; ++i)
    lane |= (static_cast<uint32_t>(row[k + i]) & ((1U << bits) - 1)) << (i * bits);
  return static_cast<int32_t>(lane);
}

void pack_row(const int32_t* row, int64_t column, IntegerGateMatrix& matrix) {
  const int64_t groups = matrix.groups();
  const int64_t elements = matrix.quads ? 4 : 2;
  for (int64_t g = 0; g < groups; ++g)
    matrix.weights[place(matrix.shape, groups, column, g)] =
        pack_lane(row, matrix.shape.size, g * elements, matrix.quads);
  uint32_t sum = 0;
  for (int64_t k = 0; k < matrix.shape.size; ++k) sum += static_cast<uint32_t>(row[k]);
  matrix.sums[static_cast<std::size_t>(column)] = static_cast<int32_t>(sum);
}

}  // namespace

std::vector<float> in_gate_order(const GateShape& shape, const float* values) {
  std::vector<float> result(static_cast<std::size_t>(shape.columns()));
  each_column(shape, [&](int64_t row, int64_t column) {
    result[static_cast<std::size_t>(column)] = values[row];
  });
  return result;
}

GateMatrix pack_gates(const GateShape& shape, const float* rows) {
  GateMatrix matrix = {shape,
                       std::vector<float>(static_cast<std::size_t>(shape.columns() * shape.size))};
  each_column(shape, [&](int64_t row, int64_t column) {
    for (int64_t k = 0; k < shape.size; ++k)
      matrix.weights[place(shape, shape.size, column, k)] = rows[row * shape.size + k];
  });
  return matrix;
}

IntegerGateMatrix pack_gates(const GateShape& shape, const int32_t* rows, const float* scale) {
  const int64_t count = shape.gates * shape.units * shape.size;
  const bool bytes = std::all_of(rows, rows + count, [](int32_t w) { return w == int8_t(w); });
  IntegerGateMatrix matrix = {.shape = shape,
                              .quads = bytes && multiplies_quads(),
                              .sums = std::vector<int32_t>(std::size_t(shape.columns())),
                              .scale = in_gate_order(shape, scale)};
  matrix.weights.resize(static_cast<std::size_t>(shape.columns() * matrix.groups()));
  each_column(shape, [&](int64_t row, int64_t column) {
    pack_row(rows + row * shape.size, column, matrix);
  });
  return matrix;
}

}  // namespace qtool::simd
