#include "ops/recurrent_simd.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace qtool {
namespace {

using Cell = RecurrentNode::Cell;

bool has_default_activations(const RecurrentNode& node) {
  const std::vector<std::string> defaults = default_activations(node.cell);
  for (std::size_t i = 0; i < node.activations.size(); ++i)
    if (node.activations[i].name != reference::find_activation(defaults[i % defaults.size()]).name)
      return false;
  return true;
}

bool resets_first(const RecurrentNode& node) {
  return node.cell == Cell::kGru && !node.linear_before_reset;
}

// What one direction multiplies with.
struct Weights {
  simd::GateMatrix w;
  simd::GateMatrix r;          // z and r alone if the reset gate is first
  simd::GateMatrix candidate;  // then
};

Weights pack_weights(const RecurrentNode& node, const Tensor& w, const Tensor& r, int64_t index) {
  const int64_t h = r.dim(2);
  const int64_t gates = node.gates();
  const float* const w_rows = w.data<float>() + index * gates * h * w.dim(2);
  const float* const r_rows = r.data<float>() + index * gates * h * h;
  const bool reset = resets_first(node);
  Weights weights = {.w = simd::pack_gates({gates, h, w.dim(2)}, w_rows),
                     .r = simd::pack_gates({reset ? 2 : gates, h, h}, r_rows),
                     .candidate = {}};
  if (reset) weights.candidate = simd::pack_gates({1, h, h}, r_rows + 2 * h * h);
  return weights;
}

// Whether W and R are constants of float32 that fit together.
bool has_constant_weights(const RecurrentNode& node, const BindContext& context) {
  const Tensor* w = context.constant(1);
  const Tensor* r = context.constant(2);
  if (w == nullptr || r == nullptr || w->rank() != 3 || r->rank() != 3) return false;
  const int64_t directions = std::ssize(node.reverse);
  const int64_t rows = node.gates() * r->dim(2);
  return w->dtype() == DType::kFloat32 && r->dtype() == DType::kFloat32 &&
         w->shape() == Shape{directions, rows, w->dim(2)} &&
         r->shape() == Shape{directions, rows, r->dim(2)};
}

void compute_step(const RecurrentNode& node, const Weights& weights,
                  const simd::RecurrentStep& step) {
  if (node.cell == Cell::kRnn)
    simd::rnn_step(weights.r, step);
  else if (node.cell == Cell::kLstm)
    simd::lstm_step(weights.r, step);
  else if (resets_first(node))
    simd::gru_step(weights.r, weights.candidate, step);
  else
    simd::gru_step(weights.r, step);
}

void run_direction(const RecurrentNode& node, const Weights& weights,
                   const RecurrentDirection<float>& direction, KernelCall& call) {
  const simd::GateShape& shape = weights.w.shape;
  const int64_t rows = direction.steps * direction.batch;
  Tensor inputs = call.scratch(DType::kFloat32, {rows, shape.columns()});
  simd::project(weights.w, rows, direction.x, input_bias(node, direction, shape).data(),
                inputs.mutable_data<float>());
  run_steps(node, direction, shape, inputs.data<float>(),
            [&](const simd::RecurrentStep& step) { compute_step(node, weights, step); });
}

// Rows [H] copied into or out of rows of `padded` numbers.
void copy_rows(int64_t rows, int64_t count, const float* from, int64_t from_stride, float* to,
               int64_t to_stride) {
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(from + row * from_stride, count, to + row * to_stride);
}

// The candidate's bias of R, for GRU with linear_before_reset.
std::vector<float> candidate_bias(const RecurrentDirection<float>& direction,
                                  const simd::GateShape& shape) {
  std::vector<float> bias(static_cast<std::size_t>(shape.padded_units()));
  if (direction.bias != nullptr)
    std::copy_n(direction.bias + 5 * shape.units, shape.units, bias.data());
  return bias;
}

}  // namespace

bool has_simd_steps(const RecurrentNode& node, const BindContext& context) {
  return std::isinf(node.clip) && !node.input_forget && has_default_activations(node) &&
         !context.has(4) && !(node.cell == Cell::kLstm && context.has(7));
}

std::vector<float> input_bias(const RecurrentNode& node, const RecurrentDirection<float>& direction,
                              const simd::GateShape& shape) {
  if (direction.bias == nullptr)
    return std::vector<float>(static_cast<std::size_t>(shape.columns()));
  return simd::in_gate_order(shape, input_biases(node, direction).data());
}

void run_steps(const RecurrentNode& node, const RecurrentDirection<float>& direction,
               const simd::GateShape& shape, const float* inputs,
               const std::function<void(const simd::RecurrentStep&)>& step) {
  const int64_t columns = shape.columns();
  const int64_t h = shape.units;
  const int64_t padded = shape.padded_units();
  const auto state = static_cast<std::size_t>(direction.batch * padded);
  std::vector<float> c(node.cell == Cell::kLstm ? state : 0);
  std::vector<float> scratch(resets_first(node) ? 2 * state : 0);
  const std::vector<float> bias =
      node.cell == Cell::kGru ? candidate_bias(direction, shape) : std::vector<float>();
  if (!c.empty()) copy_rows(direction.batch, h, direction.c, h, c.data(), padded);
  simd::RecurrentStep now = {.rows = direction.batch,
                             .input_stride = direction.x_batch * columns,
                             .h = direction.h,
                             .h_stride = h,
                             .y_stride = direction.y_batch,
                             .c = c.data(),
                             .bias = bias.data(),
                             .scratch = scratch.data()};
  for (int64_t s = 0; s < direction.steps; ++s) {
    const int64_t time = direction.reverse ? direction.steps - 1 - s : s;
    now.input = inputs + time * direction.x_time * columns;
    now.y = direction.y + time * direction.y_time;
    step(now);
    now.h = now.y;
    now.h_stride = now.y_stride;
  }
  if (direction.steps > 0) copy_rows(now.rows, h, now.h, now.h_stride, direction.h, h);
  if (!c.empty()) copy_rows(now.rows, h, c.data(), padded, direction.c, h);
}

Kernel bind_simd_recurrent(const BindContext& context, Cell cell) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const RecurrentNode node = read_recurrent(context, cell);
  if (!has_simd_steps(node, context) || !has_constant_weights(node, context)) return {};
  auto weights = std::make_shared<std::vector<Weights>>();
  for (int64_t d = 0; d < std::ssize(node.reverse); ++d)
    weights->push_back(pack_weights(node, *context.constant(1), *context.constant(2), d));
  return [node, weights](KernelCall& call) {
    const int64_t hidden = check_weights(node, call);
    if (call.input(0).dtype() != DType::kFloat32)
      fail("input type {} is not supported", name(call.input(0).dtype()));
    run_directions<float>(node, hidden, call, [&](const RecurrentDirection<float>& direction) {
      run_direction(node, (*weights)[static_cast<std::size_t>(direction.index)], direction, call);
    });
    for (const std::size_t matrix : {1, 2}) call.let_go(matrix);
  };
}

}  // namespace qtool
