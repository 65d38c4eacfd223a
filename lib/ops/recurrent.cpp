#include "ops/recurrent.h"

#include <limits>
#include <map>
#include <memory>

#include "kernels/onednn/matmul.h"
#include "kernels/reference/matmul.h"
#include "ops/half_as_float.h"
#include "ops/recurrent_simd.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using Cell = RecurrentNode::Cell;

std::vector<bool> read_directions(const BindContext& context) {
  const auto direction = context.attribute<std::string>("direction", "forward");
  if (direction == "forward") return {false};
  if (direction == "reverse") return {true};
  if (direction == "bidirectional") return {false, true};
  fail("direction '{}' is not known", direction);
}

// The functions of every direction. Parameters go to those that have some, in their order.
std::vector<ref::NamedActivation> read_activations(const BindContext& context, Cell cell,
                                                   std::size_t directions) {
  const std::vector<std::string> defaults = default_activations(cell);
  auto names = context.attribute<std::vector<std::string>>("activations", {});
  if (names.empty())
    for (std::size_t d = 0; d < directions; ++d)
      names.insert(names.end(), defaults.begin(), defaults.end());
  if (names.size() != directions * defaults.size())
    fail("attribute 'activations' must have {} entries", directions * defaults.size());
  const auto alphas = context.attribute<std::vector<float>>("activation_alpha", {});
  const auto betas = context.attribute<std::vector<float>>("activation_beta", {});
  auto alpha = alphas.begin();
  auto beta = betas.begin();
  std::vector<ref::NamedActivation> result;
  for (const std::string& name : names) {
    ref::NamedActivation& activation = result.emplace_back(ref::find_activation(name));
    if (activation.parameters > 0 && alpha != alphas.end()) activation.alpha = *alpha++;
    if (activation.parameters > 1 && beta != betas.end()) activation.beta = *beta++;
  }
  return result;
}

float read_clip_threshold(const BindContext& context) {
  const float* clip = find_attribute<float>(context.node, "clip");
  if (clip == nullptr) return std::numeric_limits<float>::infinity();
  if (!(*clip > 0)) fail("clip {} must be positive", *clip);
  return *clip;
}

// Throws Error unless input `index` has that shape and X's type.
void require_shape(const KernelCall& call, std::size_t index, const Shape& shape) {
  require_same_type(call.input(0), call.input(index));
  if (call.input(index).shape() != shape)
    fail("input {} of shape {} must be {}", index, to_string(call.input(index).shape()),
         to_string(shape));
}

// One of the products, and where its rows begin.
template <class T>
struct Product {
  MatMulShape shape;
  const T* weights;
};

template <class T>
Product<T> product_of(const RecurrentNode& node, int64_t hidden, const KernelCall& call,
                      const WeightRows& rows, int64_t m) {
  const Tensor& weights = call.input(rows.recurrent ? 2 : 1);
  const int64_t k = weights.dim(2);
  return {{.m = m, .k = k, .n = rows.count, .transpose_b = true},
          weights.data<T>() + (rows.direction * node.gates() * hidden + rows.first) * k};
}

void run_reference(const RecurrentNode& node, KernelCall& call) {
  const int64_t hidden = check_weights(node, call);
  with_type(FloatTypes{}, call.input(0).dtype(), [&]<class T>(std::type_identity<T>) {
    run_recurrent<T>(
        node, hidden,
        [&](const WeightRows& rows, int64_t m, const T* x, T* y) {
          const Product<T> product = product_of<T>(node, hidden, call, rows, m);
          ref::matmul(product.shape, 1, x, product.weights, y);
        },
        call);
  });
}

template <Cell kCell>
Kernel bind_reference(const BindContext& context) {
  return [node = read_recurrent(context, kCell)](KernelCall& call) { run_reference(node, call); };
}

// One packed matrix for each of a node's products.
using Products = std::map<WeightRows, onednn::MatMul>;

template <Cell kCell>
Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const bool constant[] = {context.constant(1) != nullptr, context.constant(2) != nullptr};
  return [node = read_recurrent(context, kCell), constant_w = constant[0], constant_r = constant[1],
          products = std::make_shared<Products>()](KernelCall& call) {
    if (call.input(0).dtype() != DType::kFloat32) return run_reference(node, call);
    const int64_t hidden = check_weights(node, call);
    run_recurrent<float>(
        node, hidden,
        [&](const WeightRows& rows, int64_t m, const float* x, float* y) {
          const Product<float> product = product_of<float>(node, hidden, call, rows, m);
          products->try_emplace(rows, rows.recurrent ? constant_r : constant_w)
              .first->second.run(product.shape, {}, x, product.weights, nullptr, y);
        },
        call);
  };
}

template <Cell kCell>
Kernel bind_simd(const BindContext& context) {
  return bind_simd_recurrent(context, kCell);
}

template <Cell kCell>
OpSpec recurrent_op(std::string_view op_type) {
  return {"",
          op_type,
          {{Provider::kSimd, bind_simd<kCell>},
           {Provider::kOneDnn, bind_onednn<kCell>},
           {Provider::kReference, bind_reference<kCell>}},
          {.inputs = {Role::kActivation, Role::kWeight, Role::kWeight, Role::kPlain},
           .weight_axis = [](const Node&) { return 1; }}};
}

}  // namespace

int64_t RecurrentNode::gates() const { return cell == Cell::kRnn ? 1 : cell == Cell::kGru ? 3 : 4; }

std::vector<std::string> default_activations(Cell cell) {
  if (cell == Cell::kRnn) return {"Tanh"};
  if (cell == Cell::kGru) return {"Sigmoid", "Tanh"};
  return {"Sigmoid", "Tanh", "Tanh"};
}

int64_t check_weights(const RecurrentNode& node, const KernelCall& call) {
  const Tensor& x = call.input(0);
  const Tensor& r = call.input(2);
  if (x.rank() != 3 || r.rank() != 3)
    fail("input {} and R {} must have rank 3", to_string(x.shape()), to_string(r.shape()));
  const int64_t hidden = r.dim(2);
  const int64_t directions = std::ssize(node.reverse);
  const int64_t rows = node.gates() * hidden;
  require_shape(call, 1, {directions, rows, x.dim(2)});
  require_shape(call, 2, {directions, rows, hidden});
  return hidden;
}

RecurrentNode read_recurrent(const BindContext& context, Cell cell) {
  const std::vector<bool> reverse = read_directions(context);
  return {.cell = cell,
          .reverse = reverse,
          .activations = read_activations(context, cell, reverse.size()),
          .clip = read_clip_threshold(context),
          .batch_first = context.attribute<int64_t>("layout", 0) != 0,
          .input_forget = context.attribute<int64_t>("input_forget", 0) != 0,
          .linear_before_reset = context.attribute<int64_t>("linear_before_reset", 0) != 0};
}

std::span<const OpSpec> recurrent_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      recurrent_op<Cell::kRnn>("RNN"),
      recurrent_op<Cell::kGru>("GRU"),
      recurrent_op<Cell::kLstm>("LSTM"),
  });
  return kOps;
}

}  // namespace qtool
