#include <algorithm>
#include <memory>
#include <optional>

#include "kernels/simd/quantize.h"
#include "ops/inner_op.h"
#include "ops/quantized_inputs.h"
#include "ops/recurrent_simd.h"
#include "ops/registry.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// Inputs 0 to 7 are LSTM's, W and R transposed to [directions, k, 4 · H]; then W_scale,
// W_zero_point, R_scale, R_zero_point: [directions], or [directions, 4 · H].
constexpr std::size_t kMatrix[] = {1, 2};
constexpr std::size_t kParameters[] = {8, 10};

// One direction of a tensor [directions, ...].
Tensor slice(const Tensor& tensor, int64_t direction) {
  const auto owner = std::make_shared<const Tensor>(tensor);
  const Shape shape(tensor.shape().begin() + 1, tensor.shape().end());
  const auto bytes = static_cast<int64_t>(tensor.bytes()) / tensor.dim(0);
  return Tensor::view(tensor.dtype(), shape, owner,
                      static_cast<const std::byte*>(owner->raw()) + direction * bytes);
}

const Tensor& require_directions(const Tensor& tensor, std::size_t index, std::size_t directions) {
  if (tensor.rank() == 0 || tensor.dim(0) != static_cast<int64_t>(directions))
    fail("input {} of shape {} must have {} direction(s)", index, to_string(tensor.shape()),
         directions);
  return tensor;
}

// H, by the shapes of X, W and R.
int64_t hidden_size(const KernelCall& call, std::size_t directions) {
  const Tensor& x = call.input(0);
  const Tensor& r = call.input(2);
  if (x.dtype() != DType::kFloat32 || x.rank() != 3 || r.rank() != 3)
    fail("input {} of type {} and R {} must have rank 3 and type float32", to_string(x.shape()),
         name(x.dtype()), to_string(r.shape()));
  const int64_t hidden = r.dim(1);
  const auto d = static_cast<int64_t>(directions);
  const Shape w = {d, x.dim(2), 4 * hidden};
  if (call.input(1).shape() != w || r.shape() != Shape{d, hidden, 4 * hidden})
    fail("matrices W {} and R {} do not fit input {}", to_string(call.input(1).shape()),
         to_string(r.shape()), to_string(x.shape()));
  return hidden;
}

// x · matrix of one direction, x quantized by its own range.
BoundKernel bind_product(const BindContext& context, bool recurrent, int64_t direction,
                         std::size_t directions, Provider provider) {
  InnerOp product("DynamicQuantizeMatMul", 1, "com.microsoft");
  product.input({DType::kFloat32, {}});
  std::vector<Tensor> slices;
  slices.reserve(3);
  const std::size_t parameters = kParameters[recurrent];
  for (const std::size_t i : {kMatrix[recurrent], parameters, parameters + 1}) {
    const Tensor* constant = context.constant(i);
    if (constant == nullptr)
      product.input({context.dtype(i), {}});
    else
      product.constant(
          slices.emplace_back(slice(require_directions(*constant, i, directions), direction)));
  }
  return product.bind(provider);
}

// One of the products in a call.
Tensor multiply(const KernelCall& call, const Kernel& product, const WeightRows& rows,
                const Tensor& x, std::size_t directions) {
  std::vector<Tensor> inputs = {x};
  const std::size_t parameters = kParameters[rows.recurrent];
  for (const std::size_t i : {kMatrix[rows.recurrent], parameters, parameters + 1})
    inputs.push_back(slice(require_directions(call.input(i), i, directions), rows.direction));
  return run_inner(product, call, inputs)[0].tensor();
}

// One direction of a matrix [k, n], zero point subtracted, as rows [n, k].
std::vector<int32_t> centered_rows(const Tensor& matrix, const Tensor& zero_point) {
  Tensor centered(DType::kInt32, matrix.shape());
  center(matrix, &zero_point, 0, centered);
  std::vector<int32_t> rows;
  rows.reserve(static_cast<std::size_t>(matrix.size()));
  for (int64_t n = 0; n < matrix.dim(1); ++n)
    for (int64_t k = 0; k < matrix.dim(0); ++k)
      rows.push_back(centered.data<int32_t>()[k * matrix.dim(1) + n]);
  return rows;
}

// One packed matrix of a direction, if it is constant.
std::optional<simd::IntegerGateMatrix> pack(const BindContext& context, bool recurrent,
                                            const RecurrentNode& node, int64_t direction) {
  const Tensor* matrix = context.constant(kMatrix[recurrent]);
  const Tensor* scale = context.constant(kParameters[recurrent]);
  const Tensor* zero_point = context.constant(kParameters[recurrent] + 1);
  const int64_t directions = std::ssize(node.reverse);
  for (const Tensor* tensor : {matrix, scale, zero_point})
    if (tensor == nullptr || tensor->rank() == 0 || tensor->dim(0) != directions) return {};
  if (matrix->rank() != 3 || matrix->size() == 0 || matrix->dim(2) % 4 != 0 ||
      scale->dtype() != DType::kFloat32)
    return {};
  const simd::GateShape shape = {4, matrix->dim(2) / 4, matrix->dim(1)};
  const int64_t columns = matrix->dim(2);
  const Tensor own_scale = slice(*scale, direction);
  if (own_scale.size() != 1 && own_scale.shape() != Shape{columns}) return {};
  std::vector<float> scales(static_cast<std::size_t>(columns), own_scale.data<float>()[0]);
  if (own_scale.size() != 1) scales = own_scale.to_vector<float>();
  const std::vector<int32_t> rows =
      centered_rows(slice(*matrix, direction), slice(*zero_point, direction));
  return simd::pack_gates(shape, rows.data(), scales.data());
}

// Both matrices of a direction.
struct Weights {
  simd::IntegerGateMatrix w, r;
};

// Rows of x quantized by their common range, in `lanes`.
simd::IntegerRows quantize_rows(const simd::IntegerGateMatrix& matrix, int64_t rows, const float* x,
                                int64_t stride, int32_t* lanes) {
  std::pair<float, float> range = {0, 0};
  for (int64_t row = 0; row < rows; ++row) {
    const auto [low, high] = simd::range_of(matrix.shape.size, x + row * stride);
    range = {std::min(range.first, low), std::max(range.second, high)};
  }
  const Affine affine = choose_affine(range.first, range.second, DType::kUInt8, false);
  for (int64_t row = 0; row < rows; ++row)
    simd::quantize_row(matrix, x + row * stride, affine.scale, affine.zero_point,
                       lanes + row * matrix.groups());
  return {lanes, affine.scale, affine.zero_point};
}

void run_direction(const RecurrentNode& node, const Weights& weights,
                   const RecurrentDirection<float>& direction, KernelCall& call) {
  const simd::GateShape& shape = weights.w.shape;
  const int64_t rows = direction.steps * direction.batch;
  Tensor inputs = call.scratch(DType::kFloat32, {rows, shape.columns()});
  Tensor x = call.scratch(DType::kInt32, {rows, weights.w.groups()});
  Tensor h = call.scratch(DType::kInt32, {direction.batch, weights.r.groups()});
  simd::project(weights.w, rows,
                quantize_rows(weights.w, rows, direction.x, shape.size, x.mutable_data<int32_t>()),
                input_bias(node, direction, shape).data(), inputs.mutable_data<float>());
  run_steps(node, direction, shape, inputs.data<float>(), [&](const simd::RecurrentStep& step) {
    simd::lstm_step(
        weights.r,
        quantize_rows(weights.r, step.rows, step.h, step.h_stride, h.mutable_data<int32_t>()),
        step);
  });
}

Kernel bind_simd(const BindContext& context) {
  const RecurrentNode node = read_recurrent(context, RecurrentNode::Cell::kLstm);
  if (context.dtype(0) != DType::kFloat32 || !has_simd_steps(node, context)) return {};
  auto weights = std::make_shared<std::vector<Weights>>();
  for (int64_t d = 0; d < std::ssize(node.reverse); ++d) {
    auto w = pack(context, false, node, d);
    auto r = pack(context, true, node, d);
    if (!w || !r || w->shape.units != r->shape.size) return {};
    weights->push_back({std::move(*w), std::move(*r)});
  }
  return [node, weights](KernelCall& call) {
    const int64_t hidden = hidden_size(call, node.reverse.size());
    run_directions<float>(node, hidden, call, [&](const RecurrentDirection<float>& direction) {
      run_direction(node, (*weights)[static_cast<std::size_t>(direction.index)], direction, call);
    });
    for (const std::size_t matrix : kMatrix) call.let_go(matrix);
  };
}

template <Provider provider>
Kernel bind(const BindContext& context) {
  const RecurrentNode node = read_recurrent(context, RecurrentNode::Cell::kLstm);
  const std::size_t directions = node.reverse.size();
  std::vector<Kernel> products;  // of W in each direction, then of R
  for (const bool recurrent : {false, true})
    for (std::size_t d = 0; d < directions; ++d) {
      BoundKernel product =
          bind_product(context, recurrent, static_cast<int64_t>(d), directions, provider);
      if (product.provider != provider) return {};
      products.push_back(std::move(product.run));
    }
  return [node, directions, products](KernelCall& call) {
    const int64_t hidden = hidden_size(call, directions);
    run_recurrent<float>(
        node, hidden,
        [&](const WeightRows& rows, int64_t m, const float* x, float* y) {
          const auto which =
              static_cast<std::size_t>(rows.direction) + (rows.recurrent ? directions : 0);
          const int64_t k = rows.recurrent ? hidden : call.input(0).dim(2);
          const Tensor left = Tensor::view(DType::kFloat32, {m, k}, nullptr, x);
          const Tensor result = multiply(call, products[which], rows, left, directions);
          std::copy_n(result.data<float>(), result.size(), y);
        },
        call);
  };
}

}  // namespace

std::span<const OpSpec> dynamic_quantize_lstm_ops() {
  static const std::vector<OpSpec> kOps = {
      {"com.microsoft",
       "DynamicQuantizeLSTM",
       {{Provider::kSimd, bind_simd},
        {Provider::kSimd, bind<Provider::kSimd>},
        {Provider::kOneDnn, bind<Provider::kOneDnn>},
        {Provider::kReference, bind<Provider::kReference>}}},
  };
  return kOps;
}

}  // namespace qtool
