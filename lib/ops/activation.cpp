#include "kernels/reference/activation.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/unary.h"

namespace qtool {
namespace {

namespace ref = reference;

Kernel bind_gelu(const BindContext& context) {
  const auto approximate = context.attribute<std::string>("approximate", "none");
  if (approximate == "none") return bind_unary<ref::Gelu, FloatTypes>(context);
  if (approximate == "tanh") return bind_unary<ref::GeluTanh, FloatTypes>(context);
  fail("attribute 'approximate' is '{}', expected 'none' or 'tanh'", approximate);
}

Kernel bind_simd_gelu(const BindContext& context) {
  const auto approximate = context.attribute<std::string>("approximate", "none");
  if (approximate == "none") return bind_simd_unary<simd::Unary::kGelu, ref::Gelu>(context);
  if (approximate == "tanh") return bind_simd_unary<simd::Unary::kGeluTanh, ref::GeluTanh>(context);
  return {};
}

// A limit of Clip: the attribute, or else the input, which must be one element of x's type.
template <class T>
void read_limit(const KernelCall& call, std::size_t index, const std::optional<float>& attribute,
                T& limit) {
  if (attribute) {
    limit = ref::convert_value<T>(*attribute);
  } else if (call.has(index)) {
    const Tensor& input = call.input(index);
    require_same_type(call.input(0), input);
    if (input.size() != 1) fail("input {} must be a scalar", index);
    limit = *input.data<T>();
  }
}

// Up to opset 10 the limits are attributes: of any floating-point type, by default float32's.
std::optional<float> limit_attribute(const BindContext& context, std::string_view name,
                                     float fallback) {
  if (context.opset >= 11) return std::nullopt;
  return context.attribute(name, fallback);
}

Kernel bind_clip(const BindContext& context) {
  using Limits = std::numeric_limits<float>;
  return [low = limit_attribute(context, "min", Limits::lowest()),
          high = limit_attribute(context, "max", Limits::max())](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::Clip<T> clip;
      read_limit(call, 1, low, clip.low);
      read_limit(call, 2, high, clip.high);
      ref::map(x.data<T>(), y.mutable_data<T>(), x.size(), clip);
    });
  };
}

Kernel bind_simd_clip(const BindContext& context) {
  using Limits = std::numeric_limits<float>;
  if (context.dtype(0) != DType::kFloat32) return {};
  return [low = limit_attribute(context, "min", Limits::lowest()),
          high = limit_attribute(context, "max", Limits::max())](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    ref::Clip<float> clip;
    read_limit(call, 1, low, clip.low);
    read_limit(call, 2, high, clip.high);
    simd::unary(simd::Unary::kClip, {clip.low, clip.high}, x.size(), x.data<float>(),
                y.mutable_data<float>());
  };
}

}  // namespace

std::span<const OpSpec> activation_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      vector_unary<simd::Unary::kRelu, SignedTypes>("Relu", ref::Relu{},
                                                    {.inputs = {Role::kActivation}}),
      vector_unary<simd::Unary::kLeakyRelu>(
          "LeakyRelu", ref::LeakyRelu{},
          {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearLeakyRelu"}),
      unary("ThresholdedRelu", ref::ThresholdedRelu{}),
      vector_unary<simd::Unary::kSigmoid>("Sigmoid", ref::Sigmoid{},
                                          {.inputs = {Role::kActivation},
                                           .fixed_output = std::pair{0.0F, 1.0F},
                                           .qoperator = "com.microsoft.QLinearSigmoid"}),
      vector_unary<simd::Unary::kHardSigmoid>(
          "HardSigmoid", ref::HardSigmoid{},
          {.inputs = {Role::kActivation}, .fixed_output = std::pair{0.0F, 1.0F}}),
      vector_unary<simd::Unary::kSwish>("Swish", ref::Swish{}),
      vector_unary<simd::Unary::kHardSwish>("HardSwish", ref::HardSwish{},
                                            {.inputs = {Role::kActivation}}),
      vector_unary<simd::Unary::kTanh>("Tanh", ref::Tanh{}, {.inputs = {Role::kActivation}}),
      unary("Softplus", ref::Softplus{}),
      unary("Softsign", ref::Softsign{}),
      unary("Mish", ref::Mish{}),
      unary("Elu", ref::Elu{}, {.inputs = {Role::kActivation}}),
      unary("Celu", ref::Celu{}),
      unary("Selu", ref::Selu{}),
      with_simd(bind_simd_gelu, reference_op("Gelu", bind_gelu, {.inputs = {Role::kActivation}})),
      unary<NumericTypes>("Shrink", ref::Shrink{}),
      with_simd(bind_simd_clip,
                reference_op("Clip", bind_clip, {.inputs = {Role::kActivation, Role::kPlain}})),
  });
  return kOps;
}

}  // namespace qtool
