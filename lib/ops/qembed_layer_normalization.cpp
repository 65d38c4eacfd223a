#include <array>

#include "ops/inner_op.h"
#include "ops/registry.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// Inputs 0 to 7 are EmbedLayerNormalization's, five of them quantized: the tables of words,
// positions and segments, gamma and beta. Their scales follow, then their zero points.
constexpr std::size_t kInputs = 8;
constexpr std::size_t kQuantized = 5;
constexpr std::size_t kFirst = 2, kFirstScale = 8, kFirstZeroPoint = 13;

Tensor dequantized(const Tensor& values, const Tensor& scale, const Tensor& zero_point) {
  const QuantParams params = params_from_tensors(scale, &zero_point, 0, values.shape());
  if (!params.per_tensor() || params.dtype != values.dtype())
    fail("scale {} and zero point of type {} do not fit {} of type {}", to_string(scale.shape()),
         name(params.dtype), to_string(values.shape()), name(values.dtype()));
  return dequantize(values, params);
}

// Quantized input `i` as float32 if it is constant.
Tensor constant_input(const BindContext& context, std::size_t i) {
  const Tensor* values = context.constant(kFirst + i);
  const Tensor* scale = context.constant(kFirstScale + i);
  const Tensor* zero_point = context.constant(kFirstZeroPoint + i);
  if (values == nullptr || scale == nullptr || zero_point == nullptr) return {};
  return dequantized(*values, *scale, *zero_point);
}

Kernel bind_embed(const BindContext& context) {
  InnerOp op("EmbedLayerNormalization", 1, "com.microsoft", 2);
  op.attributes_of(context.node);
  for (std::size_t i = 0; i < kInputs; ++i) op.input({});
  std::array<Tensor, kQuantized> constants;
  for (std::size_t i = 0; i < kQuantized; ++i) constants[i] = constant_input(context, i);
  return [embed = op.bind(Provider::kReference).run, constants](KernelCall& call) {
    std::vector<Tensor> inputs(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i)
      if (call.has(i)) inputs[i] = call.input(i);
    for (std::size_t i = 0; i < kQuantized; ++i)
      if (constants[i].defined())
        inputs[kFirst + i] = constants[i];
      else if (call.has(kFirst + i))
        inputs[kFirst + i] = dequantized(call.input(kFirst + i), call.input(kFirstScale + i),
                                         call.input(kFirstZeroPoint + i));
    const std::vector<Datum> outputs = run_inner(embed, call, inputs, 2);
    for (std::size_t i = 0; i < outputs.size(); ++i) call.set_output(i, outputs[i]);
  };
}

}  // namespace

std::span<const OpSpec> qembed_layer_normalization_ops() {
  static const std::vector<OpSpec> kOps = {
      {"com.microsoft", "QEmbedLayerNormalization", {{Provider::kReference, bind_embed}}},
  };
  return kOps;
}

}  // namespace qtool
