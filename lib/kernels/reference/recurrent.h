#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/reference/named_activation.h"

// Recurrent layers: a loop over time that is the same for all, and three cells. H is the size of
// the hidden state. For float and double.
namespace qtool::reference {

/// y [rows, n] = x [rows, k] · w, where w is one of the layer's matrices, [k, n].
template <class T>
using WeightProduct = std::function<void(int64_t rows, const T* x, T* y)>;

/// What goes into the gates from outside in one time step, one entry a sequence: a row
/// [gates · H] of X · W' + biases, or null if the sequence is over.
template <class T>
using StepInputs = std::vector<const T*>;

/// A cell brings the states h (and c) [batch, H] from one time step to the next. It leaves the
/// states of sequences that are over as they are.

/// h' = f(input + h · R')
template <class T>
struct RnnCell {
  int64_t hidden;
  NamedActivation activation;
  T clip;  // the gates' sums are brought into [-clip, clip]
  WeightProduct<T> recurrent;
  std::vector<T> gates = {};
  void operator()(const StepInputs<T>& inputs, T* h, T* c);
};

/// z, r = f(inputs + h · R'), gates in the order z, r, candidate;
/// candidate = g(input + (r · h) · R'), or if `linear_before_reset`
/// candidate = g(input + r · (h · R' + recurrent_bias)); h' = (1 - z) · candidate + z · h.
template <class T>
struct GruCell {
  int64_t hidden;
  std::array<NamedActivation, 2> activations;  // f, g
  T clip;
  bool linear_before_reset;
  const T* recurrent_bias;      // of the candidate [H], may be null; else part of the input
  WeightProduct<T> recurrent;   // for all three gates if linear_before_reset, else for z and r
  WeightProduct<T> candidates;  // only used if not linear_before_reset
  std::vector<T> gates = {}, reset = {}, candidate = {};
  void operator()(const StepInputs<T>& inputs, T* h, T* c);

 private:
  void reset_gate(const T* input, T* row, const T* h, T* candidate);
  void update(const T* input, const T* row, T* candidate, T* h);
};

/// i, o, f, g in this order: i, f = f1(input + h · R' + p · c); c' = f · c + i · f2(gate);
/// o = f1(input + h · R' + p · c'); h' = o · f3(c'). As in onnxruntime only the gates are clipped,
/// not what goes into f3.
template <class T>
struct LstmCell {
  int64_t hidden;
  std::array<NamedActivation, 3> activations;  // f, g, h in ONNX's text
  T clip;
  bool input_forget;   // f = 1 - i
  const T* peepholes;  // p [i, o, f; H], may be null
  WeightProduct<T> recurrent;
  std::vector<T> gates = {};
  void operator()(const StepInputs<T>& inputs, T* h, T* c);

 private:
  void step(T* row, T* h, T* c);
};

/// A batch of sequences in one direction. Strides count elements.
template <class T>
struct Sequences {
  std::vector<int64_t> lengths;  // of each sequence
  bool reverse;                  // each sequence from its last element to its first
  int64_t hidden;
  const T* inputs;  // rows of StepInputs, at t · input_time + b · input_batch
  int64_t input_time, input_batch;
  T* y;  // h after each step, at t · y_time + b · y_batch; may be null
  int64_t y_time, y_batch;
};

/// Runs the cell over all time steps. `h` and `c` [batch, H] hold the initial state and then the
/// final one; c is LSTM's only. Elements of y behind a sequence's end are not written.
template <class T, class Cell>
void run_sequences(const Sequences<T>& sequences, Cell& cell, T* h, T* c);

}  // namespace qtool::reference
