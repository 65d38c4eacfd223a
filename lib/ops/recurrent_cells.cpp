#include <algorithm>

#include "kernels/reference/recurrent.h"
#include "ops/recurrent.h"
#include "ops/recurrent_layer.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using Cell = RecurrentNode::Cell;

// A direction and how its products are computed.
template <class T>
struct Direction {
  const RecurrentNode& node;
  const MultiplyWeights<T>& multiply_weights;
  const RecurrentDirection<T>& at;

  int64_t row() const { return node.gates() * at.hidden; }
  void multiply(const WeightRows& rows, int64_t m, const T* x, T* y) const {
    const int64_t k = rows.recurrent ? at.hidden : at.input;
    if (m == 0 || rows.count == 0 || k == 0)
      std::fill_n(y, m * rows.count, T(0));
    else
      multiply_weights(rows, m, x, y);
  }
  // With `count` gates of R from gate `first` on.
  ref::WeightProduct<T> recurrent_product(int64_t first, int64_t count) const {
    return [this, rows = WeightRows{true, at.index, first * at.hidden, count * at.hidden}](
               int64_t m, const T* x, T* y) { multiply(rows, m, x, y); };
  }
};

// X · W' + biases for all steps, [steps, batch, row] or [batch, steps, row] as X lies.
template <class T>
Tensor input_projection(const Direction<T>& d, KernelCall& call) {
  const int64_t m = d.at.steps * d.at.batch;
  const int64_t n = d.row();
  Tensor result = call.scratch(dtype_of<T>, {m, n});
  T* y = result.mutable_data<T>();
  d.multiply({false, d.at.index, 0, n}, m, d.at.x, y);
  if (d.at.bias == nullptr) return result;
  const std::vector<T> sum = input_biases(d.node, d.at);
  for (int64_t row = 0; row < m; ++row)
    for (const T addend : sum) *y++ += addend;
  return result;
}

// Calls run(cell) with the cell of a direction.
template <class T, class Run>
void with_cell(const Direction<T>& d, Run run) {
  const RecurrentNode& node = d.node;
  const int64_t h = d.at.hidden;
  const T clip = static_cast<T>(node.clip);
  const auto* f = node.activations.data() + static_cast<std::size_t>(d.at.index) *
                                                (node.activations.size() / node.reverse.size());
  if (node.cell == Cell::kRnn) {
    run(ref::RnnCell<T>{h, f[0], clip, d.recurrent_product(0, 1)});
  } else if (node.cell == Cell::kLstm) {
    run(ref::LstmCell<T>{
        h, {f[0], f[1], f[2]}, clip, node.input_forget, d.at.peepholes, d.recurrent_product(0, 4)});
  } else {
    const bool linear = node.linear_before_reset;
    run(ref::GruCell<T>{h,
                        {f[0], f[1]},
                        clip,
                        linear,
                        d.at.bias == nullptr || !linear ? nullptr : d.at.bias + 5 * h,
                        d.recurrent_product(0, linear ? 3 : 2),
                        d.recurrent_product(2, 1)});
  }
}

template <class T>
void run_direction(const Direction<T>& d, KernelCall& call) {
  const Tensor inputs = input_projection(d, call);
  const ref::Sequences<T> sequences = {.lengths = *d.at.lengths,
                                       .reverse = d.at.reverse,
                                       .hidden = d.at.hidden,
                                       .inputs = inputs.data<T>(),
                                       .input_time = d.at.x_time * d.row(),
                                       .input_batch = d.at.x_batch * d.row(),
                                       .y = d.at.y,
                                       .y_time = d.at.y_time,
                                       .y_batch = d.at.y_batch};
  with_cell(d, [&](auto cell) { ref::run_sequences(sequences, cell, d.at.h, d.at.c); });
}

}  // namespace

template <class T>
void run_recurrent(const RecurrentNode& node, int64_t hidden, const MultiplyWeights<T>& multiply,
                   KernelCall& call) {
  run_directions<T>(node, hidden, call, [&](const RecurrentDirection<T>& direction) {
    run_direction(Direction<T>{node, multiply, direction}, call);
  });
}

template void run_recurrent(const RecurrentNode&, int64_t, const MultiplyWeights<float>&,
                            KernelCall&);
template void run_recurrent(const RecurrentNode&, int64_t, const MultiplyWeights<double>&,
                            KernelCall&);

}  // namespace qtool
