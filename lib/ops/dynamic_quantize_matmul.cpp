#include "ops/inner_op.h"
#include "ops/registry.h"

namespace qtool {
namespace {

// Inputs: a, b, b_scale, b_zero_point, bias.
Kernel bind(const BindContext& context, Provider provider) {
  const ValueType scale = tensor_type(DType::kFloat32, {});
  const ValueType zero_point = tensor_type(DType::kUInt8, {});
  const BoundKernel product = InnerOp("MatMulIntegerToFloat", 1, "com.microsoft")
                                  .input({.dtype = DType::kUInt8, .shape = {}})
                                  .input_of(context, 1)
                                  .input(scale)
                                  .input_of(context, 2)
                                  .input(zero_point)
                                  .input_of(context, 3)
                                  .input_of(context, 4)
                                  .bind(provider);
  if (product.provider != provider) return {};
  const BoundKernel quantize =
      InnerOp("DynamicQuantizeLinear", 11, "", 3).input({DType::kFloat32, {}}).bind(provider);
  return [product = product.run, quantize = quantize.run](KernelCall& call) {
    const auto optional = [&](std::size_t i) { return call.has(i) ? call.input(i) : Tensor(); };
    const std::vector<Datum> a = run_inner(quantize, call, {call.input(0)}, 3);
    const std::vector<Tensor> inputs = {a[0].tensor(), call.input(1), a[1].tensor(), call.input(2),
                                        a[2].tensor(), optional(3),   optional(4)};
    call.set_output(0, run_inner(product, call, inputs)[0]);
  };
}

template <Provider provider>
Kernel bind_to(const BindContext& context) {
  return bind(context, provider);
}

}  // namespace

std::span<const OpSpec> dynamic_quantize_matmul_ops() {
  static const std::vector<OpSpec> kOps = {
      {"com.microsoft",
       "DynamicQuantizeMatMul",
       {{Provider::kSimd, bind_to<Provider::kSimd>},
        {Provider::kOneDnn, bind_to<Provider::kOneDnn>},
        {Provider::kReference, bind_to<Provider::kReference>}}},
  };
  return kOps;
}

}  // namespace qtool
