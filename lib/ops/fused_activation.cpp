#include <optional>

#include "kernels/reference/named_activation.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/registry.h"
#include "ops/types.h"

// FusedConv and FusedGemm of domain com.microsoft: ONNX's operator, then an addition (FusedConv's
// input Z) and a named function.
namespace qtool {
namespace {

using reference::NamedActivation;

constexpr std::size_t kInputs = 3;  // of Conv and Gemm; the next one is Z

// The function of a node, its parameters from "activation_params" or "activation_alpha" and
// "activation_beta".
std::optional<NamedActivation> read_activation(const BindContext& context) {
  const auto name = context.attribute<std::string>("activation", "");
  if (name.empty()) return std::nullopt;
  NamedActivation activation = reference::find_activation(name);
  const auto parameters = context.attribute<std::vector<float>>("activation_params", {});
  if (!parameters.empty()) activation.alpha = parameters[0];
  if (parameters.size() > 1) activation.beta = parameters[1];
  activation.alpha = context.attribute("activation_alpha", activation.alpha);
  activation.beta = context.attribute("activation_beta", activation.beta);
  return activation;
}

// Binds the node as that operator of ONNX, by that provider.
Kernel bind_as(std::string_view op_type, Provider provider, const BindContext& context) {
  const OpSpec* spec = find_op("", op_type);
  QTOOL_ASSERT(spec != nullptr);
  for (const Binding& binding : spec->bindings)
    if (binding.provider == provider) return binding.bind(context);
  return {};
}

// What the kernel computes of the first inputs.
Tensor result_of(const Kernel& kernel, KernelCall& call) {
  std::vector<const Datum*> inputs;
  for (std::size_t i = 0; i < kInputs; ++i)
    inputs.push_back(call.has(i) ? &call.datum(i) : nullptr);
  std::vector<Datum> outputs(1);
  KernelCall inner = call.with(inputs, outputs);
  kernel(inner);
  return outputs[0].tensor();
}

Kernel bind_fused(std::string_view op_type, Provider provider, const BindContext& context) {
  Kernel kernel = bind_as(op_type, provider, context);
  if (!kernel) return {};
  return [kernel = std::move(kernel), activation = read_activation(context)](KernelCall& call) {
    Tensor y = result_of(kernel, call);
    if (call.has(kInputs)) add_in_place(y, call.input(kInputs));
    if (activation)
      with_type(FloatTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
        (*activation)(y.mutable_data<T>(), y.size());
      });
    call.set_output(0, y);
  };
}

template <Provider kProvider>
Kernel bind_conv(const BindContext& context) {
  return bind_fused("Conv", kProvider, context);
}

template <Provider kProvider>
Kernel bind_gemm(const BindContext& context) {
  return bind_fused("Gemm", kProvider, context);
}

}  // namespace

std::span<const OpSpec> fused_activation_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"com.microsoft",
       "FusedConv",
       {{Provider::kOneDnn, bind_conv<Provider::kOneDnn>},
        {Provider::kReference, bind_conv<Provider::kReference>}}},
      {"com.microsoft",
       "FusedGemm",
       {{Provider::kOneDnn, bind_gemm<Provider::kOneDnn>},
        {Provider::kReference, bind_gemm<Provider::kReference>}}},
  });
  return kOps;
}

}  // namespace qtool
