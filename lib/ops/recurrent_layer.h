#pragma once

#include <functional>
#include <vector>

#include "ops/recurrent.h"

namespace qtool {

/// One direction of a recurrent layer in a call: what goes in, and where results go. Pointers that
/// may be null: see each.
template <class T>
struct RecurrentDirection {
  int64_t index = 0;
  bool reverse = false;
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t input = 0;
  int64_t hidden = 0;                             // H
  const std::vector<int64_t>* lengths = nullptr;  // of each sequence

  const T* x = nullptr;          // rows [input], at t · x_time + b · x_batch rows
  const T* bias = nullptr;       // [2, gates, H]: of W, of R; null: 0
  const T* peepholes = nullptr;  // [3, H]; null: none
  int64_t x_time = 0;
  int64_t x_batch = 0;

  T* h = nullptr;  // [batch, H]: the initial state, and then the final one
  T* c = nullptr;  // the same, LSTM's
  T* y = nullptr;  // h after each step, at t · y_time + b · y_batch elements
  int64_t y_time = 0;
  int64_t y_batch = 0;
};

/// The biases [gates · H] that are added to the input's products: W's and R's, but for R's of the gate
/// whose recurrent product GRU's linear_before_reset resets. The direction has some.
template <class T>
std::vector<T> input_biases(const RecurrentNode& node, const RecurrentDirection<T>& direction) {
  const bool apart =
      node.cell == RecurrentNode::Cell::kGru && node.linear_before_reset;  // the last of three
  const int64_t rows = node.gates() * direction.hidden;
  std::vector<T> sum(direction.bias, direction.bias + rows);
  for (int64_t i = 0; i < (apart ? 2 * direction.hidden : rows); ++i)
    sum[static_cast<std::size_t>(i)] += direction.bias[rows + i];
  return sum;
}

/// Finds the inputs and outputs of a call, which stand where those of ONNX's LSTM do, and calls
/// `run` for every direction; `hidden` is H. Throws Error for inputs that do not fit. W and R are
/// not looked at. For float and double.
template <class T>
void run_directions(const RecurrentNode& node, int64_t hidden, KernelCall& call,
                    const std::function<void(const RecurrentDirection<T>&)>& run);

}  // namespace qtool
