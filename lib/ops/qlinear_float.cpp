#include "ops/inner_op.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

// QLinear forms that are dequantization, a float operator and quantization, without a kernel of
// their own. Inputs: x, x_scale, x_zero_point, y_scale, y_zero_point.
Kernel bind_as(const BindContext& context, const std::string& op_type, int64_t opset) {
  const BoundKernel dequantize = InnerOp("DequantizeLinear", 13)
                                     .input_of(context, 0)
                                     .input_of(context, 1)
                                     .input_of(context, 2)
                                     .bind(Provider::kReference);
  const BoundKernel compute = InnerOp(op_type, opset)
                                  .attributes_of(context.node)
                                  .input({DType::kFloat32, {}})
                                  .bind(Provider::kReference);
  const BoundKernel quantize = InnerOp("QuantizeLinear", 13)
                                   .input({DType::kFloat32, {}})
                                   .input_of(context, 3)
                                   .input_of(context, 4)
                                   .bind(Provider::kReference);
  return [dequantize = dequantize.run, compute = compute.run,
          quantize = quantize.run](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto zero_point = [&](std::size_t i) {
      return call.has(i) ? call.input(i) : cast(Tensor::scalar<int32_t>(0), x.dtype());
    };
    for (const std::size_t scale : {1, 3}) read_scale(call, scale);
    for (const std::size_t zero : {2, 4}) read_zero_point(call, zero, x.dtype());
    const Datum real = run_inner(dequantize, call, {x, call.input(1), zero_point(2)})[0];
    const Datum result = run_inner(compute, call, {real.tensor()})[0];
    call.set_output(0,
                    run_inner(quantize, call, {result.tensor(), call.input(3), zero_point(4)})[0]);
  };
}

Kernel bind_softmax(const BindContext& context) {
  const auto* opset = find_attribute<int64_t>(context.node, "opset");
  if (opset == nullptr) fail("attribute 'opset' is missing");
  return bind_as(context, "Softmax", *opset);
}

Kernel bind_reduce_mean(const BindContext& context) { return bind_as(context, "ReduceMean", 13); }

}  // namespace

std::span<const OpSpec> qlinear_float_ops() {
  static const std::vector<OpSpec> kOps = {
      {"com.microsoft", "QLinearSoftmax", {{Provider::kReference, bind_softmax}}},
      {"com.microsoft", "QLinearReduceMean", {{Provider::kReference, bind_reduce_mean}}},
  };
  return kOps;
}

}  // namespace qtool
