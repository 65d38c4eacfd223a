#include "kernels/reference/recurrent.h"

#include <algorithm>

namespace qtool::reference {
namespace {

template <class T>
void add(T* to, const T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += x[i];
}

template <class T>
void add_product(T* to, const T* a, const T* b, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += a[i] * b[i];
}

// x = f(clipped x)
template <class T>
void activate(const NamedActivation& f, T clip, T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) x[i] = std::max(-clip, std::min(clip, x[i]));
  f(x, count);
}

// h · R' for all of a batch, into `gates`.
template <class T>
void multiply(const WeightProduct<T>& product, const StepInputs<T>& inputs, const T* h, int64_t row,
              std::vector<T>& gates) {
  gates.resize(inputs.size() * static_cast<std::size_t>(row));
  product(std::ssize(inputs), h, gates.data());
}

}  // namespace

template <class T>
void RnnCell<T>::operator()(const StepInputs<T>& inputs, T* h, T*) {
  multiply(recurrent, inputs, h, hidden, gates);
  T* row = gates.data();
  for (const T* input : inputs) {
    if (input != nullptr) {
      add(row, input, hidden);
      activate(activation, clip, row, hidden);
      std::copy_n(row, hidden, h);
    }
    row += hidden;
    h += hidden;
  }
}

template <class T>
void GruCell<T>::reset_gate(const T* input, T* row, const T* h, T* to) {
  const int64_t n = hidden;
  add(row, input, 2 * n);
  activate(activations[0], clip, row, 2 * n);
  const T* const r = row + n;
  if (!linear_before_reset) {
    for (int64_t i = 0; i < n; ++i) to[i] = r[i] * h[i];
    return;
  }
  T* const linear = row + 2 * n;
  if (recurrent_bias != nullptr) add(linear, recurrent_bias, n);
  for (int64_t i = 0; i < n; ++i) to[i] = r[i] * linear[i];
}

template <class T>
void GruCell<T>::update(const T* input, const T* z, T* to, T* h) {
  add(to, input + 2 * hidden, hidden);
  activate(activations[1], clip, to, hidden);
  for (int64_t i = 0; i < hidden; ++i) h[i] = (1 - z[i]) * to[i] + z[i] * h[i];
}

template <class T>
void GruCell<T>::operator()(const StepInputs<T>& inputs, T* h, T*) {
  const int64_t row = (linear_before_reset ? 3 : 2) * hidden;
  multiply(recurrent, inputs, h, row, gates);
  reset.resize(inputs.size() * static_cast<std::size_t>(hidden));
  for (std::size_t b = 0; b < inputs.size(); ++b) {
    const auto at = static_cast<int64_t>(b);
    if (inputs[b] != nullptr)
      reset_gate(inputs[b], gates.data() + at * row, h + at * hidden, reset.data() + at * hidden);
  }
  if (linear_before_reset)
    candidate.swap(reset);
  else
    multiply(candidates, inputs, reset.data(), hidden, candidate);
  for (std::size_t b = 0; b < inputs.size(); ++b) {
    const auto at = static_cast<int64_t>(b);
    if (inputs[b] != nullptr)
      update(inputs[b], gates.data() + at * row, candidate.data() + at * hidden, h + at * hidden);
  }
}

template <class T>
void LstmCell<T>::step(T* row, T* h, T* c) {
  const int64_t n = hidden;
  T *const i = row, *const o = row + n, *const f = row + 2 * n, *const g = row + 3 * n;
  if (peepholes != nullptr) add_product(i, peepholes, c, n);
  activate(activations[0], clip, i, n);
  if (input_forget) {
    for (int64_t k = 0; k < n; ++k) f[k] = 1 - i[k];
  } else {
    if (peepholes != nullptr) add_product(f, peepholes + 2 * n, c, n);
    activate(activations[0], clip, f, n);
  }
  activate(activations[1], clip, g, n);
  for (int64_t k = 0; k < n; ++k) c[k] = f[k] * c[k] + i[k] * g[k];
  if (peepholes != nullptr) add_product(o, peepholes + n, c, n);
  activate(activations[0], clip, o, n);
  std::copy_n(c, n, h);
  activations[2](h, n);
  for (int64_t k = 0; k < n; ++k) h[k] *= o[k];
}

template <class T>
void LstmCell<T>::operator()(const StepInputs<T>& inputs, T* h, T* c) {
  multiply(recurrent, inputs, h, 4 * hidden, gates);
  T* row = gates.data();
  for (const T* input : inputs) {
    if (input != nullptr) {
      add(row, input, 4 * hidden);
      step(row, h, c);
    }
    row += 4 * hidden;
    h += hidden;
    c += hidden;
  }
}

template <class T, class Cell>
void run_sequences(const Sequences<T>& s, Cell& cell, T* h, T* c) {
  const int64_t batch = std::ssize(s.lengths);
  const int64_t steps = batch == 0 ? 0 : *std::max_element(s.lengths.begin(), s.lengths.end());
  StepInputs<T> inputs(s.lengths.size());
  for (int64_t step = 0; step < steps; ++step) {
    const auto time = [&](std::size_t b) { return s.reverse ? s.lengths[b] - 1 - step : step; };
    for (std::size_t b = 0; b < inputs.size(); ++b)
      inputs[b] = step < s.lengths[b]
                      ? s.inputs + time(b) * s.input_time + static_cast<int64_t>(b) * s.input_batch
                      : nullptr;
    cell(inputs, h, c);
    if (s.y == nullptr) continue;
    for (std::size_t b = 0; b < inputs.size(); ++b)
      if (inputs[b] != nullptr)
        std::copy_n(h + static_cast<int64_t>(b) * s.hidden, s.hidden,
                    s.y + time(b) * s.y_time + static_cast<int64_t>(b) * s.y_batch);
  }
}

template struct RnnCell<float>;
template struct RnnCell<double>;
template struct GruCell<float>;
template struct GruCell<double>;
template struct LstmCell<float>;
template struct LstmCell<double>;
template void run_sequences(const Sequences<float>&, RnnCell<float>&, float*, float*);
template void run_sequences(const Sequences<float>&, GruCell<float>&, float*, float*);
template void run_sequences(const Sequences<float>&, LstmCell<float>&, float*, float*);
template void run_sequences(const Sequences<double>&, RnnCell<double>&, double*, double*);
template void run_sequences(const Sequences<double>&, GruCell<double>&, double*, double*);
template void run_sequences(const Sequences<double>&, LstmCell<double>&, double*, double*);

}  // namespace qtool::reference
