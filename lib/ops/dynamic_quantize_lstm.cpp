#include <algorithm>
#include <memory>

#include "ops/inner_op.h"
#include "ops/recurrent.h"
#include "ops/registry.h"

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
       {{Provider::kOneDnn, bind<Provider::kOneDnn>},
        {Provider::kReference, bind<Provider::kReference>}}},
  };
  return kOps;
}

}  // namespace qtool
