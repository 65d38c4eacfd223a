#include "ops/fused_attention.h"
#include "ops/half_as_float.h"
#include "ops/inner_op.h"
#include "ops/registry.h"

namespace qtool {
namespace {

// Its inputs, in their order.
enum Input : std::size_t {
  kX,
  kWeight,
  kBias,
  kXScale,
  kWeightScale,
  kMask,
  kXZeroPoint,
  kWeightZeroPoint,
  kPast
};
// The same in MatMulIntegerToFloat's order.
constexpr Input kProductInputs[] = {kX,          kWeight,          kXScale, kWeightScale,
                                    kXZeroPoint, kWeightZeroPoint, kBias};

// input · weight + bias, [batch, length, columns].
Tensor multiply(const Kernel& product, const KernelCall& call) {
  if (call.input(kX).rank() != 3 || call.input(kWeight).rank() != 2)
    fail("input {} must have rank 3 and weight {} rank 2", to_string(call.input(kX).shape()),
         to_string(call.input(kWeight).shape()));
  std::vector<Tensor> inputs;
  for (const Input i : kProductInputs) inputs.push_back(call.has(i) ? call.input(i) : Tensor());
  return run_inner(product, call, inputs)[0].tensor();
}

Kernel bind(const BindContext& context, Provider provider, BatchMatMul matmul) {
  InnerOp op("MatMulIntegerToFloat", 1, "com.microsoft");
  for (const Input i : kProductInputs) op.input_of(context, i);
  const BoundKernel product = op.bind(provider);
  if (product.provider != provider) return {};
  return [node = read_fused_attention(context), product = product.run,
          matmul = std::move(matmul)](KernelCall& call) {
    const auto optional = [&](Input i) { return call.has(i) ? &call.input(i) : nullptr; };
    attend_to_product(node, multiply(product, call), {optional(kMask), optional(kPast), nullptr},
                      matmul, call);
  };
}

Kernel bind_reference(const BindContext& context) {
  return bind(context, Provider::kReference, reference_matmul());
}
template <Provider provider>
Kernel bind_fast(const BindContext& context) {
  return bind(context, provider, onednn_matmul());
}

}  // namespace

std::span<const OpSpec> qattention_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"com.microsoft",
       "QAttention",
       {{Provider::kSimd, bind_fast<Provider::kSimd>},
        {Provider::kOneDnn, bind_fast<Provider::kOneDnn>},
        {Provider::kReference, bind_reference}}},
  });
  return kOps;
}

}  // namespace qtool
