#pragma once

#include <cstdint>
#include <vector>

// Recurrent layers step by step: the products with a gate's rows stay in registers until the
// functions of the gates have been taken. Sigmoid and tanh are those of math-inl.h.
namespace qtool::simd {

/// Units of the hidden state that are computed together.
inline constexpr int64_t kGateUnits = 16;

/// A matrix of one direction, of `gates` · `units` rows of `size` numbers. Here its rows are
/// columns, in gate order: [blocks, gates, kGateUnits], and 0 beyond the last unit.
struct GateShape {
  int64_t gates = 0;
  int64_t units = 0;
  int64_t size = 0;

  int64_t blocks() const { return (units + kGateUnits - 1) / kGateUnits; }
  int64_t padded_units() const { return blocks() * kGateUnits; }
  int64_t columns() const { return padded_units() * gates; }
};

/// Numbers [gates, units] in gate order.
std::vector<float> in_gate_order(const GateShape& shape, const float* values);

/// A float matrix, packed for the instruction set in use: each block in vectors of `lanes` units.
struct GateMatrix {
  GateShape shape;
  std::vector<float> weights;  // [blocks, vectors, size, gates, lanes]
};
/// From rows [gates, units, size].
GateMatrix pack_gates(const GateShape& shape, const float* rows);

/// The same for integers. A lane of 32 bits holds two int16 of a row, or four int8 where the CPU has
/// AVX-512 VNNI and they fit.
struct IntegerGateMatrix {
  GateShape shape;
  bool quads = false;
  std::vector<int32_t> weights;  // [blocks, vectors, groups, gates, lanes]
  std::vector<int32_t> sums;     // of each row, in gate order
  std::vector<float> scale;      // of each row, in gate order

  /// Lanes of 32 bits that a row makes.
  int64_t groups() const { return (shape.size + (quads ? 3 : 1)) / (quads ? 4 : 2); }
};
/// From rows [gates, units, size], zero points subtracted, in [−255, 255], and their scales
/// [gates, units].
IntegerGateMatrix pack_gates(const GateShape& shape, const int32_t* rows, const float* scale);

/// Quantized rows for an IntegerGateMatrix: real = scale · (q − zero_point).
struct IntegerRows {
  const int32_t* lanes = nullptr;  // [rows, groups]
  float scale = 1;
  int32_t zero_point = 0;
};
/// lanes [groups] = saturate(round_half_even(x / scale) + zero_point) as uint8, of x [size].
void quantize_row(const IntegerGateMatrix& matrix, const float* x, float scale, int32_t zero_point,
                  int32_t* lanes);

/// y [rows, columns] = x · matrix + bias, for x [rows, size] and `bias` [columns] in gate order.
/// Of integers the sums are exact, and float(Σ) · (scale_x · scale_column) is what counts.
void project(const GateMatrix& matrix, int64_t rows, const float* x, const float* bias, float* y);
void project(const IntegerGateMatrix& matrix, int64_t rows, const IntegerRows& x, const float* bias,
             float* y);

/// One time step of `rows` sequences. Strides count numbers.
struct RecurrentStep {
  int64_t rows = 0;
  const float* input = nullptr;  // X · W' + biases of each row, in gate order
  int64_t input_stride = 0;
  const float* h = nullptr;  // the state before, [units] a row
  int64_t h_stride = 0;
  float* y = nullptr;  // the state after, [units] a row
  int64_t y_stride = 0;
  float* c = nullptr;           // LSTM: the cell's state [rows, padded units], replaced
  const float* bias = nullptr;  // GRU: added to the candidate's h · R' [padded units]
  float* scratch = nullptr;     // GRU with the reset gate first: [2, rows, padded units]
};

/// The cells of kernels/reference/recurrent.h with sigmoid and tanh, no clip and no peepholes.
/// `recurrent` has one gate.
void rnn_step(const GateMatrix& recurrent, const RecurrentStep& step);
/// Gates z, r, candidate, the reset gate after the product (linear_before_reset).
void gru_step(const GateMatrix& recurrent, const RecurrentStep& step);
/// The reset gate before the product: `gates` holds z and r, `candidate` the third.
void gru_step(const GateMatrix& gates, const GateMatrix& candidate, const RecurrentStep& step);
/// Gates i, o, f, g.
void lstm_step(const GateMatrix& recurrent, const RecurrentStep& step);
/// The same with h quantized.
void lstm_step(const IntegerGateMatrix& recurrent, const IntegerRows& h, const RecurrentStep& step);

}  // namespace qtool::simd
