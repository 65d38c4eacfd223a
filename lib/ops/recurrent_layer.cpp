#include <algorithm>

#include "kernels/reference/recurrent.h"
#include "ops/recurrent.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using Cell = RecurrentNode::Cell;

// Throws Error unless input `index` is of that type and shape.
const Tensor& require_input(const KernelCall& call, std::size_t index, DType dtype,
                            const Shape& shape) {
  const Tensor& input = call.input(index);
  if (input.dtype() != dtype || input.shape() != shape)
    fail("input {} is {} {}, expected {} {}", index, name(input.dtype()), to_string(input.shape()),
         name(dtype), to_string(shape));
  return input;
}

// The elements of an optional input of type T, or null.
template <class T>
const T* optional_input(const KernelCall& call, std::size_t index, const Shape& shape) {
  if (!call.has(index)) return nullptr;
  return require_input(call, index, dtype_of<T>, shape).template data<T>();
}

// A call's sizes and what every direction shares.
template <class T>
struct Layer {
  const RecurrentNode& node;
  const MultiplyWeights<T>& multiply;
  int64_t steps, batch, input, hidden;
  int64_t directions = std::ssize(node.reverse);
  std::vector<int64_t> lengths = {};

  int64_t row() const { return node.gates() * hidden; }
  // Of the initial and final states.
  Shape state_shape() const {
    if (node.batch_first) return {batch, directions, hidden};
    return {directions, batch, hidden};
  }
  Shape y_shape() const {
    if (node.batch_first) return {batch, steps, directions, hidden};
    return {steps, directions, batch, hidden};
  }
  // Calls f(sequence, where its state stands in a tensor of state_shape).
  template <class F>
  void each_state(int64_t direction, F f) const {
    for (int64_t b = 0; b < batch; ++b)
      f(b, (node.batch_first ? b * directions + direction : direction * batch + b) * hidden);
  }
};

template <class T>
Layer<T> resolve(const RecurrentNode& node, int64_t hidden, const MultiplyWeights<T>& multiply,
                 const KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.rank() != 3) fail("input {} must have rank 3", to_string(x.shape()));
  Layer<T> layer = {.node = node,
                    .multiply = multiply,
                    .steps = x.dim(node.batch_first ? 1 : 0),
                    .batch = x.dim(node.batch_first ? 0 : 1),
                    .input = x.dim(2),
                    .hidden = hidden};
  layer.lengths.assign(static_cast<std::size_t>(layer.batch), layer.steps);
  if (call.has(4)) layer.lengths = to_int64s(require_input(call, 4, DType::kInt32, {layer.batch}));
  for (const int64_t length : layer.lengths)
    if (length < 0 || length > layer.steps)
      fail("sequence length {} is not between 0 and {}", length, layer.steps);
  return layer;
}

template <class T>
void multiply(const Layer<T>& layer, const WeightRows& rows, int64_t m, const T* x, T* y) {
  const int64_t k = rows.recurrent ? layer.hidden : layer.input;
  if (m == 0 || rows.count == 0 || k == 0)
    std::fill_n(y, m * rows.count, T(0));
  else
    layer.multiply(rows, m, x, y);
}

template <class T>
ref::WeightProduct<T> recurrent_product(const Layer<T>& layer, int64_t direction, int64_t first,
                                        int64_t count) {
  return [&layer, rows = WeightRows{true, direction, first, count}](int64_t m, const T* x, T* y) {
    multiply(layer, rows, m, x, y);
  };
}

// Whether gate `gate`'s recurrent bias is left to the cell.
bool apart(const RecurrentNode& node, int64_t gate) {
  return node.cell == Cell::kGru && node.linear_before_reset && gate == 2;
}

// X · W' + biases for all steps, [steps, batch, row] or [batch, steps, row] as X lies. `bias` holds
// the direction's rows of W's bias and of R's; may be null.
template <class T>
Tensor input_projection(const Layer<T>& layer, int64_t direction, const T* bias, KernelCall& call) {
  const int64_t m = layer.steps * layer.batch;
  const int64_t n = layer.row();
  Tensor result = call.scratch(dtype_of<T>, {m, n});
  T* y = result.mutable_data<T>();
  multiply(layer, {false, direction, 0, n}, m, call.input(0).data<T>(), y);
  if (bias == nullptr) return result;
  std::vector<T> sum(bias, bias + n);
  for (int64_t i = 0; i < n; ++i)
    if (!apart(layer.node, i / layer.hidden)) sum[static_cast<std::size_t>(i)] += bias[n + i];
  for (int64_t row = 0; row < m; ++row)
    for (const T addend : sum) *y++ += addend;
  return result;
}

// The state of one direction, [batch, hidden]: 0 where there is no initial one.
template <class T>
std::vector<T> initial_state(const Layer<T>& layer, int64_t direction, const T* given) {
  std::vector<T> state(static_cast<std::size_t>(layer.batch * layer.hidden), T(0));
  if (given != nullptr)
    layer.each_state(direction, [&](int64_t b, int64_t at) {
      std::copy_n(given + at, layer.hidden, state.data() + b * layer.hidden);
    });
  return state;
}

// Puts the final state into an output. That of an empty sequence is 0, as in onnxruntime: ONNX's
// text does not say.
template <class T>
void store_state(const Layer<T>& layer, int64_t direction, const std::vector<T>& state, T* to) {
  layer.each_state(direction, [&](int64_t b, int64_t at) {
    if (layer.lengths[static_cast<std::size_t>(b)] == 0)
      std::fill_n(to + at, layer.hidden, T(0));
    else
      std::copy_n(state.data() + b * layer.hidden, layer.hidden, to + at);
  });
}

// Calls run(cell) with the cell of a direction.
template <class T, class Run>
void with_cell(const Layer<T>& layer, int64_t direction, const T* bias, const T* peepholes,
               Run run) {
  const RecurrentNode& node = layer.node;
  const int64_t h = layer.hidden;
  const T clip = static_cast<T>(node.clip);
  const auto* f = node.activations.data() + static_cast<std::size_t>(direction) *
                                                (node.activations.size() / node.reverse.size());
  const auto product = [&](int64_t first, int64_t count) {
    return recurrent_product(layer, direction, first * h, count * h);
  };
  if (node.cell == Cell::kRnn) {
    run(ref::RnnCell<T>{h, f[0], clip, product(0, 1)});
  } else if (node.cell == Cell::kLstm) {
    run(ref::LstmCell<T>{h, {f[0], f[1], f[2]}, clip, node.input_forget, peepholes, product(0, 4)});
  } else {
    const bool linear = node.linear_before_reset;
    run(ref::GruCell<T>{h,
                        {f[0], f[1]},
                        clip,
                        linear,
                        bias == nullptr || !linear ? nullptr : bias + 5 * h,
                        product(0, linear ? 3 : 2),
                        product(2, 1)});
  }
}

template <class T>
const T* part(const T* data, int64_t index, int64_t size) {
  return data == nullptr ? nullptr : data + index * size;
}

// Inputs and outputs beyond X, W and R. Null: not there.
template <class T>
struct Operands {
  const T *bias, *h, *c, *peepholes;
  T *y, *y_h, *y_c;
};

template <class T>
Operands<T> operands(const Layer<T>& layer, KernelCall& call) {
  const Shape state = layer.state_shape();
  const int64_t d = layer.directions;
  const bool lstm = layer.node.cell == Cell::kLstm;
  const auto output = [&](std::size_t index, const Shape& shape) {
    return call.output(index, dtype_of<T>, shape).template mutable_data<T>();
  };
  return {optional_input<T>(call, 3, {d, 2 * layer.row()}),
          optional_input<T>(call, 5, state),
          lstm ? optional_input<T>(call, 6, state) : nullptr,
          lstm ? optional_input<T>(call, 7, {d, 3 * layer.hidden}) : nullptr,
          output(0, layer.y_shape()),
          output(1, state),
          lstm ? output(2, state) : nullptr};
}

template <class T>
void run_direction(const Layer<T>& layer, int64_t d, const Operands<T>& operands,
                   KernelCall& call) {
  const T* const bias = part(operands.bias, d, 2 * layer.row());
  const Tensor inputs = input_projection(layer, d, bias, call);
  const int64_t h = layer.hidden;
  const bool batch_first = layer.node.batch_first;
  const ref::Sequences<T> sequences = {
      .lengths = layer.lengths,
      .reverse = layer.node.reverse[static_cast<std::size_t>(d)],
      .hidden = h,
      .inputs = inputs.data<T>(),
      .input_time = (batch_first ? 1 : layer.batch) * layer.row(),
      .input_batch = (batch_first ? layer.steps : 1) * layer.row(),
      .y = operands.y + (batch_first ? d : d * layer.batch) * h,
      .y_time = (batch_first ? 1 : layer.batch) * layer.directions * h,
      .y_batch = (batch_first ? layer.steps * layer.directions : 1) * h};
  std::vector<T> state_h = initial_state(layer, d, operands.h);
  std::vector<T> state_c = initial_state(layer, d, operands.c);
  with_cell(layer, d, bias, part(operands.peepholes, d, 3 * h), [&](auto cell) {
    ref::run_sequences(sequences, cell, state_h.data(), state_c.data());
  });
  store_state(layer, d, state_h, operands.y_h);
  if (operands.y_c != nullptr) store_state(layer, d, state_c, operands.y_c);
}

}  // namespace

template <class T>
void run_recurrent(const RecurrentNode& node, int64_t hidden, const MultiplyWeights<T>& multiply,
                   KernelCall& call) {
  const Layer<T> layer = resolve(node, hidden, multiply, call);
  const Operands<T> own = operands(layer, call);
  if (std::any_of(layer.lengths.begin(), layer.lengths.end(),
                  [&](int64_t length) { return length < layer.steps; }))
    std::fill_n(own.y, element_count(layer.y_shape()), T(0));
  for (int64_t d = 0; d < layer.directions; ++d) run_direction(layer, d, own, call);
}

template void run_recurrent(const RecurrentNode&, int64_t, const MultiplyWeights<float>&,
                            KernelCall&);
template void run_recurrent(const RecurrentNode&, int64_t, const MultiplyWeights<double>&,
                            KernelCall&);

}  // namespace qtool
