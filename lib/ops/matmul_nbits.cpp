#include <memory>

#include "base/packed.h"
#include "ops/half_as_float.h"
#include "ops/inner_op.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

// y = a · b' + bias for b [n, k], whose elements have `bits` bits and stand in rows of whole blocks
// along k. Inputs: a, b, scales, zero_points, g_idx, bias.
struct Weights {
  int64_t n, k, block, bits;

  explicit Weights(const BindContext& context)
      : n(require(context, "N")),
        k(require(context, "K")),
        block(require(context, "block_size")),
        bits(context.attribute<int64_t>("bits", 4)) {
    if (bits != 2 && bits != 4 && bits != 8) fail("bits {} is none of 2, 4 and 8", bits);
    if (block < 16 || (block & (block - 1)) != 0)
      fail("block_size {} is no power of two from 16 on", block);
    // Their products are sizes of tensors.
    element_count({n, blocks(), block});
  }

  static int64_t require(const BindContext& context, std::string_view name) {
    const auto* value = find_attribute<int64_t>(context.node, name);
    if (value == nullptr) fail("attribute '{}' is missing", name);
    if (*value < 1) fail("{} {} is not positive", name, *value);
    return *value;
  }

  int64_t blocks() const { return (k - 1) / block + 1; }
  int64_t packed_bytes(int64_t count) const { return (count * bits - 1) / 8 + 1; }
};

// Throws Error unless the tensor is of that type and has that many elements for each of n rows,
// flat or not.
template <class T>
const T* rows_of(const Tensor& tensor, std::string_view what, int64_t n, int64_t count) {
  const bool fits = tensor.size() == n * count &&
                    (tensor.rank() == 0 || tensor.dim(0) == n || tensor.rank() == 1);
  if (!fits || tensor.dtype() != dtype_of<T>)
    fail("{} {} of type {} must be [{}, {}] of type {}", what, to_string(tensor.shape()),
         name(tensor.dtype()), n, count, name(dtype_of<T>));
  return tensor.data<T>();
}

// Zero points as float32 [n, blocks]; the middle of the range if there are none.
std::vector<float> read_zero_points(const Weights& w, const Tensor* tensor) {
  const int64_t blocks = w.blocks();
  std::vector<float> result(static_cast<std::size_t>(w.n * blocks),
                            static_cast<float>(1 << (w.bits - 1)));
  if (tensor == nullptr) return result;
  if (tensor->dtype() == DType::kFloat32) {
    const float* in = rows_of<float>(*tensor, "zero_points", w.n, blocks);
    return {in, in + tensor->size()};
  }
  const int64_t bytes = w.packed_bytes(blocks);
  const auto* in = rows_of<uint8_t>(*tensor, "zero_points", w.n, bytes);
  std::vector<uint8_t> row(static_cast<std::size_t>(blocks));
  for (int64_t i = 0; i < w.n; ++i) {
    unpack(static_cast<int>(w.bits), in + i * bytes, blocks, row.data());
    std::copy(row.begin(), row.end(), result.begin() + i * blocks);
  }
  return result;
}

// Which block's parameters each index along k has.
std::vector<int64_t> read_groups(const Weights& w, const Tensor* tensor) {
  std::vector<int64_t> result(static_cast<std::size_t>(w.k));
  for (int64_t l = 0; l < w.k; ++l) result[static_cast<std::size_t>(l)] = l / w.block;
  if (tensor == nullptr) return result;
  if (tensor->dtype() != DType::kInt32 || tensor->rank() != 1 || tensor->size() < w.k)
    fail("g_idx {} of type {} must be [{}] of type int32", to_string(tensor->shape()),
         name(tensor->dtype()), w.k);
  std::copy_n(tensor->data<int32_t>(), w.k, result.begin());
  for (const int64_t group : result)
    if (group < 0 || group >= w.blocks()) fail("g_idx {} is outside [0, {})", group, w.blocks());
  return result;
}

// The weights as float32 [k, n].
Tensor dequantize(const Weights& w, const Tensor& b, const Tensor& scales,
                  const Tensor* zero_points, const Tensor* g_idx) {
  const int64_t blocks = w.blocks();
  const int64_t bytes = w.packed_bytes(blocks * w.block);
  const auto* packed = rows_of<uint8_t>(b, "B", w.n, bytes);
  const auto* scale = rows_of<float>(scales, "scales", w.n, blocks);
  const std::vector<float> zero = read_zero_points(w, zero_points);
  const std::vector<int64_t> groups = read_groups(w, g_idx);
  Tensor result(DType::kFloat32, {w.k, w.n});
  auto* out = result.mutable_data<float>();
  std::vector<uint8_t> row(static_cast<std::size_t>(w.k));
  for (int64_t j = 0; j < w.n; ++j, packed += bytes) {
    unpack(static_cast<int>(w.bits), packed, w.k, row.data());
    for (std::size_t l = 0; l < row.size(); ++l) {
      const auto at = static_cast<std::size_t>(j * blocks + groups[l]);
      out[static_cast<int64_t>(l) * w.n + j] = (static_cast<float>(row[l]) - zero[at]) * scale[at];
    }
  }
  return result;
}

void add_bias(const Tensor& bias, int64_t n, Tensor& y) {
  const auto* addend = rows_of<float>(bias, "bias", n, 1);
  auto* out = y.mutable_data<float>();
  for (int64_t i = 0; i < y.size(); ++i) out[i] += addend[i % n];
}

// The weights, if all that they are made of is constant.
std::shared_ptr<const Tensor> constant_weights(const BindContext& context, const Weights& w) {
  for (std::size_t i = 1; i < 5; ++i)
    if (context.has(i) != (context.constant(i) != nullptr)) return nullptr;
  if (!context.has(1) || !context.has(2)) fail("inputs B and scales are missing");
  return std::make_shared<const Tensor>(dequantize(w, *context.constant(1), *context.constant(2),
                                                   context.constant(3), context.constant(4)));
}

Kernel bind(const BindContext& context, Provider provider) {
  const Weights w(context);
  const auto constant = constant_weights(context, w);
  InnerOp matmul("MatMul", 13);
  matmul.input({DType::kFloat32, {}});
  if (constant)
    matmul.constant(*constant);
  else
    matmul.input(tensor_type(DType::kFloat32, {w.k, w.n}));
  const BoundKernel product = matmul.bind(provider);
  if (product.provider != provider) return {};
  return [w, constant, product = product.run](KernelCall& call) {
    const auto optional = [&](std::size_t i) { return call.has(i) ? &call.input(i) : nullptr; };
    const Tensor b = constant
                         ? *constant
                         : dequantize(w, call.input(1), call.input(2), optional(3), optional(4));
    Datum y = run_inner(product, call, {call.input(0), b})[0];
    if (const Tensor* bias = optional(5)) add_bias(*bias, w.n, y.tensor());
    call.set_output(0, std::move(y));
  };
}

template <Provider provider>
Kernel bind_to(const BindContext& context) {
  return bind(context, provider);
}

}  // namespace

std::span<const OpSpec> matmul_nbits_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"com.microsoft",
       "MatMulNBits",
       {{Provider::kOneDnn, bind_to<Provider::kOneDnn>},
        {Provider::kReference, bind_to<Provider::kReference>}}},
  });
  return kOps;
}

}  // namespace qtool
