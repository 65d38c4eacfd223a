#include "ops/recurrent_layer.h"

#include <algorithm>

#include "ops/types.h"

namespace qtool {
namespace {

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

// A call's sizes.
struct Layer {
  const RecurrentNode& node;
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

Layer resolve(const RecurrentNode& node, int64_t hidden, const KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.rank() != 3) fail("input {} must have rank 3", to_string(x.shape()));
  Layer layer = {.node = node,
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

// The state of one direction, [batch, hidden]: 0 where there is no initial one.
template <class T>
std::vector<T> initial_state(const Layer& layer, int64_t direction, const T* given) {
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
void store_state(const Layer& layer, int64_t direction, const std::vector<T>& state, T* to) {
  layer.each_state(direction, [&](int64_t b, int64_t at) {
    if (layer.lengths[static_cast<std::size_t>(b)] == 0)
      std::fill_n(to + at, layer.hidden, T(0));
    else
      std::copy_n(state.data() + b * layer.hidden, layer.hidden, to + at);
  });
}

template <class T>
const T* part(const T* data, int64_t index, int64_t size) {
  return data == nullptr ? nullptr : data + index * size;
}

// Inputs and outputs beyond X, W and R. Null: not there.
template <class T>
struct Operands {
  const T *x, *bias, *h, *c, *peepholes;
  T *y, *y_h, *y_c;
};

template <class T>
Operands<T> find_operands(const Layer& layer, KernelCall& call) {
  const Shape state = layer.state_shape();
  const int64_t d = layer.directions;
  const bool lstm = layer.node.cell == Cell::kLstm;
  const auto output = [&](std::size_t index, const Shape& shape) {
    return call.output(index, dtype_of<T>, shape).template mutable_data<T>();
  };
  return {call.input(0).data<T>(),
          optional_input<T>(call, 3, {d, 2 * layer.row()}),
          optional_input<T>(call, 5, state),
          lstm ? optional_input<T>(call, 6, state) : nullptr,
          lstm ? optional_input<T>(call, 7, {d, 3 * layer.hidden}) : nullptr,
          output(0, layer.y_shape()),
          output(1, state),
          lstm ? output(2, state) : nullptr};
}

template <class T>
RecurrentDirection<T> direction_of(const Layer& layer, int64_t index, const Operands<T>& operands) {
  const int64_t h = layer.hidden;
  const bool batch_first = layer.node.batch_first;
  return {.index = index,
          .reverse = layer.node.reverse[static_cast<std::size_t>(index)],
          .steps = layer.steps,
          .batch = layer.batch,
          .input = layer.input,
          .hidden = h,
          .lengths = &layer.lengths,
          .x = operands.x,
          .bias = part(operands.bias, index, 2 * layer.row()),
          .peepholes = part(operands.peepholes, index, 3 * h),
          .x_time = batch_first ? 1 : layer.batch,
          .x_batch = batch_first ? layer.steps : 1,
          .y = operands.y + (batch_first ? index : index * layer.batch) * h,
          .y_time = (batch_first ? 1 : layer.batch) * layer.directions * h,
          .y_batch = (batch_first ? layer.steps * layer.directions : 1) * h};
}

}  // namespace

template <class T>
void run_directions(const RecurrentNode& node, int64_t hidden, KernelCall& call,
                    const std::function<void(const RecurrentDirection<T>&)>& run) {
  const Layer layer = resolve(node, hidden, call);
  const Operands<T> operands = find_operands<T>(layer, call);
  if (std::any_of(layer.lengths.begin(), layer.lengths.end(),
                  [&](int64_t length) { return length < layer.steps; }))
    std::fill_n(operands.y, element_count(layer.y_shape()), T(0));
  for (int64_t d = 0; d < layer.directions; ++d) {
    std::vector<T> h = initial_state(layer, d, operands.h);
    std::vector<T> c = initial_state(layer, d, operands.c);
    RecurrentDirection<T> direction = direction_of(layer, d, operands);
    direction.h = h.data();
    direction.c = c.data();
    run(direction);
    store_state(layer, d, h, operands.y_h);
    if (operands.y_c != nullptr) store_state(layer, d, c, operands.y_c);
  }
}

template void run_directions(const RecurrentNode&, int64_t, KernelCall&,
                             const std::function<void(const RecurrentDirection<float>&)>&);
template void run_directions(const RecurrentNode&, int64_t, KernelCall&,
                             const std::function<void(const RecurrentDirection<double>&)>&);

}  // namespace qtool
